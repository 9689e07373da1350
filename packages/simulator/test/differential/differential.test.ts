import { writeFileSync } from 'node:fs';
import { describeWith } from '@postern/testbed';
import { expect, it } from 'vitest';
import { compare, configurationOf, judge, type Disagreement } from './compare.ts';
import { readDecisions } from './decisions.ts';
import { inParallel } from './in-parallel.ts';
import { makeClientCertificates } from './client-certificates.ts';
import { generateBatch, generateSession, names, type Batch, type Overrides } from './generate.ts';
import { Random } from './random.ts';
import { startRealSmtpd } from './real-smtpd.ts';

/** Pairs of a configuration and a transaction. */
const wanted = Number(process.env['POSTERN_SIMULATOR_PAIRS'] ?? 10_400);
const seed = Number(process.env['POSTERN_SIMULATOR_SEED'] ?? 1);
/** How much a configuration is tried: connections, and transactions in each. */
const sessions = 5;
const perSession = 6;
const perService = sessions * perSession;
const servicesAtOnce = 80;

describeWith(['root', 'namespaces', 'postfix', 'openssl'], 'the real smtpd 3.7.11', () => {
  it(
    `agrees with the simulator on ${wanted} generated pairs`,
    async () => {
      const random = new Random(seed);
      const disagreements: (Disagreement & { readonly overrides: Overrides })[] = [];
      const met = new Map<string, number>();
      const clientCertificates = makeClientCertificates();
      const certificates = clientCertificates.map(({ is }) => is);
      let pairs = 0;
      let unknown = 0;
      const size = Math.min(servicesAtOnce, Math.ceil(wanted / perService));
      let batch: Batch = generateBatch(random, 3000, size, certificates);
      await using real = await startRealSmtpd(batch, clientCertificates);
      for (let round = 0; pairs < wanted; round++) {
        if (round > 0) {
          // Other ports in every round: what the log says of a port speaks of one configuration.
          batch = generateBatch(random, 3000 + (round % 200) * 100, size, certificates);
          await real.load(batch);
        }
        const configuration = configurationOf(batch);
        const from = (await real.log()).length;
        const tries = batch.services.map((service) => ({
          port: service.port,
          plays: Array.from({ length: sessions }, () =>
            generateSession(random, service, certificates, perSession),
          ),
        }));
        const played = await inParallel(tries, 6, async ({ port, plays }) => {
          const answers = [];
          for (const session of plays) answers.push(await real.play(session, port));
          return { port, plays, answers };
        });
        const decisions = readDecisions((await real.log()).slice(from));
        for (const { port, plays, answers } of played) {
          for (const [session, index, answered] of answers.flatMap((all, at) =>
            all.map((each, transaction) => [at, transaction, each] as const),
          )) {
            const transaction = plays[session]!.transactions[index]!;
            const verdict = judge(configuration, transaction);
            pairs++;
            for (const name of new Set(verdict.steps.map(({ restriction }) => restriction)))
              met.set(name, (met.get(name) ?? 0) + 1);
            if (verdict.unknown.length > 0) {
              unknown++;
              continue;
            }
            const decided = decisions.get(port)?.[session]?.[index]?.restriction;
            const disagreement = compare(transaction, answered, decided, verdict);
            if (disagreement) disagreements.push({ ...disagreement, overrides: overridesOf(batch, port) });
          }
        }
      }
      if (process.env['POSTERN_SIMULATOR_LOG'])
        writeFileSync(process.env['POSTERN_SIMULATOR_LOG'], await real.log());
      const rare = names.filter((name) => name !== 'warn_if_reject' && (met.get(name) ?? 0) < 50);
      if (process.env['POSTERN_SIMULATOR_REPORT'])
        writeFileSync(
          process.env['POSTERN_SIMULATOR_REPORT'],
          JSON.stringify({ pairs, unknown, met: Object.fromEntries(met), disagreements }, undefined, 1),
        );
      expect(disagreements.slice(0, 3)).toEqual([]);
      expect(unknown / pairs).toBeLessThanOrEqual(0.05);
      // A short run need not meet every restriction often.
      expect(wanted >= 10_000 ? rare : []).toEqual([]);
    },
    wanted * 100 + 60_000,
  );
});

function overridesOf(batch: Batch, port: number): Overrides {
  return batch.services.find((service) => service.port === port)!.overrides;
}
