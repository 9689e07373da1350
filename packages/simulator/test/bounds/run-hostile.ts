import { proveRelay, simulate } from '@postern/simulator';
import { configurationOf, hostile, transactionOf } from './hostile.ts';

/** Runs each hostile configuration, and writes a line about each when it has come to its end. */
for (const [name, each] of Object.entries(hostile)) {
  const configuration = configurationOf(each);
  const { outcome, unknown } = await simulate(configuration, transactionOf(each));
  const proof = Object.keys(proveRelay(configuration))[0];
  const because = unknown[0]?.because ?? null;
  process.stdout.write(`${JSON.stringify({ name, outcome, proof, because })}\n`);
}
