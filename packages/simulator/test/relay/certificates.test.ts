import { fixtureResolver } from '@postern/dns/fixture';
import { expect, it } from 'vitest';
import { proveRelay, simulate, type RelayProof, type Transaction, type World } from '@postern/simulator';
import { Random } from '../differential/random.ts';
import { generateAttempt, generateConfiguration } from './generate.ts';

const random = new Random(Number(process.env['POSTERN_SIMULATOR_SEED'] ?? 1));
/** A world in which nobody's name is wrong, so that no check of DNS stands in a stranger's way. */
const world: World = {
  resolver: fixtureResolver({
    '*': { A: ['198.51.100.1'], MX: [{ preference: 10, exchange: 'mx.example.org' }] },
  }),
};

it('gives no certificate to a configuration that relays for any stranger who tries', () => {
  const proofs = { closed: 0, open: 0, unknown: 0 };
  const counterexamples: unknown[] = [];
  for (let index = 0; index < 500; index++) {
    const configuration = generateConfiguration(random);
    const proof = proveRelay(configuration);
    proofs[kindOf(proof)]++;
    if ('open' in proof) {
      const verdict = simulate(configuration, proof.open, world);
      if (verdict instanceof Promise || verdict.outcome !== 'accept')
        counterexamples.push([proof.open, configuration.main]);
    }
    if (!('closed' in proof)) continue;
    const attempts = Array.from({ length: 40 }, () => generateAttempt(random));
    for (const attempt of attempts) {
      if (isMeant(proof.trusted, attempt)) continue;
      const verdict = simulate(configuration, attempt, world);
      if (verdict instanceof Promise || verdict.outcome !== 'accept') continue;
      counterexamples.push([attempt, verdict.steps, configuration.main, proof.trusted]);
    }
  }
  expect(counterexamples.slice(0, 1)).toEqual([]);
  // Each kind comes often enough to mean something.
  expect(Math.min(...Object.values(proofs))).toBeGreaterThan(30);
});

function kindOf(proof: RelayProof): 'closed' | 'open' | 'unknown' {
  return 'closed' in proof ? 'closed' : 'open' in proof ? 'open' : 'unknown';
}

/** Whether the certificate itself names the client or the destination as meant to relay. */
function isMeant(trusted: readonly string[], { client, to }: Transaction): boolean {
  const domain = to![0]!.slice(to![0]!.lastIndexOf('@') + 1);
  return trusted.some((text) => {
    const subject = / (?:permits (?:clients (?:in|named) |mail for )?)?([^ ]+)$/
      .exec(text)![1]!
      .replace(/^!?\[?/, '');
    const [network = ''] = subject.split(/[\]/]/);
    const stem = network.replace(/(?:\.0)+$|::$/, '');
    return (
      (stem !== '' && client.address.startsWith(stem)) ||
      (client.name ?? '').endsWith(subject.replace(/^\./, '')) ||
      domain.endsWith(subject.replace(/^.*@/, '').replace(/^\./, ''))
    );
  });
}
