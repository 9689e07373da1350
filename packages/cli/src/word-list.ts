import type { Io } from './io.ts';

/** Words of the command line; for `-` those on standard input, apart by white space, where `#` begins a comment. */
export async function readWords(io: Io, given: readonly string[]): Promise<string[]> {
  const words = given.map(async (word) =>
    word === '-' ? (await io.readInput()).replaceAll(/#.*/g, '').split(/\s+/).filter(Boolean) : [word],
  );
  return (await Promise.all(words)).flat();
}
