import { writeFileSync } from 'node:fs';
import { describeWith } from '@postern/testbed';
import { expect, it } from 'vitest';
import { compare, configurationOf, judge, type Disagreement } from './compare.ts';
import { readDecisions } from './decisions.ts';
import { generateBatch, generateTransaction, names, type Batch, type Overrides } from './generate.ts';
import { Random } from './random.ts';
import { startRealSmtpd } from './real-smtpd.ts';

/** Pairs of a configuration and a transaction; 10000 for the full proof. */
const wanted = Number(process.env['POSTERN_SIMULATOR_PAIRS'] ?? 800);
const seed = Number(process.env['POSTERN_SIMULATOR_SEED'] ?? 1);
const perService = 10;
const servicesAtOnce = 80;

describeWith(['root', 'namespaces', 'postfix', 'openssl'], 'the real smtpd 3.7.11', () => {
  it(
    `agrees with the simulator on ${wanted} generated pairs`,
    async () => {
      const random = new Random(seed);
      const disagreements: (Disagreement & { readonly overrides: Overrides })[] = [];
      const met = new Map<string, number>();
      let pairs = 0;
      let unknown = 0;
      const size = Math.min(servicesAtOnce, Math.ceil(wanted / perService));
      let batch: Batch = generateBatch(random, 3000, size);
      await using real = await startRealSmtpd(batch);
      for (let round = 0; pairs < wanted; round++) {
        if (round > 0) {
          // Other ports in every round: what the log says of a port speaks of one configuration.
          batch = generateBatch(random, 3000 + (round % 200) * 100, size);
          await real.load(batch);
        }
        const configuration = configurationOf(batch);
        const from = real.log().length;
        const plays = batch.services.map(({ port, overrides }) => {
          // The client list runs before XCLIENT where it is not delayed, and XCLIENT does not change whose address
          // permit_inet_interfaces looks at: such clients come from their own addresses.
          const text = Object.values(overrides).join(' ');
          const byXclient =
            overrides['smtpd_delay_reject'] !== 'no' && !text.includes('permit_inet_interfaces');
          return {
            port,
            byXclient,
            transactions: Array.from({ length: perService }, () =>
              generateTransaction(random, port, byXclient),
            ),
          };
        });
        const played = await inParallel(plays, 6, async ({ port, byXclient, transactions }) => {
          const answers = [];
          for (const transaction of transactions) answers.push(await real.play(transaction, port, byXclient));
          return { port, transactions, answers };
        });
        const decisions = readDecisions(real.log().slice(from));
        for (const { port, transactions, answers } of played) {
          for (const [index, transaction] of transactions.entries()) {
            const verdict = judge(configuration, transaction);
            pairs++;
            for (const name of new Set(verdict.steps.map(({ restriction }) => restriction)))
              met.set(name, (met.get(name) ?? 0) + 1);
            if (verdict.unknown.length > 0) {
              unknown++;
              continue;
            }
            const decided = decisions.get(port)?.[index]?.restriction;
            const disagreement = compare(transaction, answers[index]!, decided, verdict);
            if (disagreement) disagreements.push({ ...disagreement, overrides: overridesOf(batch, port) });
          }
        }
      }
      if (process.env['POSTERN_SIMULATOR_LOG'])
        writeFileSync(process.env['POSTERN_SIMULATOR_LOG'], real.log());
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

async function inParallel<T, R>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]!);
    }),
  );
  return results;
}
