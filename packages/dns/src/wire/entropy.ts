import { randomFillSync } from 'node:crypto';

/** Drawing many random words at once costs a fraction of drawing them one by one. */
const pool = new Uint32Array(1024);
let next = pool.length;

/** 32 random bits that nobody can foresee. */
export function randomWord(): number {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  return pool[next++]!;
}
