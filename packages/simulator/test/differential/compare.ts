import { fixtureResolver } from '@postern/dns/fixture';
import { simulate, type Configuration, type Transaction, type Verdict, type World } from '@postern/simulator';
import type { Answered } from './real-smtpd.ts';
import { dns, hostname, interfaces, policyAction, users, verification } from './surroundings.ts';
import type { Batch } from './generate.ts';

/** Two verdicts on the same transaction that are not the same. */
export interface Disagreement {
  readonly what: string;
  readonly real: readonly string[];
  readonly simulated: readonly string[];
  readonly transaction: Transaction;
  readonly steps: readonly string[];
}

const world: World = {
  resolver: fixtureResolver(dns),
  interfaces,
  hostname,
  users,
  policy: (_, request) => policyAction(request),
  verify: (address) => verification(address),
};

export function configurationOf(batch: Batch): Configuration {
  return {
    main: batch.main,
    master: batch.master,
    directory: '/etc/postfix',
    version: '3.7.11',
    files: (path) => batch.files[path],
  };
}

export function judge(configuration: Configuration, transaction: Transaction): Verdict {
  const verdict = simulate(configuration, transaction, world);
  if (verdict instanceof Promise) throw new Error('the world answers at once, and so must the verdict');
  return verdict;
}

const line = ({ stage, code, enhanced, text }: Answered): string =>
  [stage, code, enhanced, text].filter((part) => part !== '').join(' ');

/** Where smtpd says more than the decision: the greeting, the EHLO keywords, a queue name. */
const chatty = new Set(['CONNECT', 'HELO']);

/** What differs, if anything does. @param decided the restriction that the real log names, undefined for none */
export function compare(
  transaction: Transaction,
  real: readonly Answered[],
  decided: string | undefined,
  verdict: Verdict,
): Disagreement | undefined {
  const simulated = verdict.replies
    .filter(({ stage, argument }) => !(stage === 'RCPT' && argument === ''))
    .map(({ stage, reply }) => ({ stage, code: reply.code, enhanced: reply.enhanced, text: reply.text }));
  const shorten = (answer: Answered): string =>
    answer.code < 400 && chatty.has(answer.stage)
      ? `${answer.stage} ${answer.code}`
      : line({ ...answer, text: answer.text.replace(/^(Ok: queued).*/, '$1') });
  const ours = simulated.map((each) => shorten(each));
  // Where every recipient is refused the simulator repeats the first refusal as what seals the session.
  if (transaction.to && transaction.to.length > 1 && ours.length > real.length) ours.length = real.length;
  const theirs = real.map((each) => shorten(each));
  const differ = (what: string): Disagreement => ({
    what,
    real: [...theirs, `decided by ${decided}`],
    simulated: [...ours, `decided by ${verdict.decidedBy?.restriction} in ${verdict.decidedBy?.list}`],
    transaction,
    steps: verdict.steps.map(
      ({ list, restriction, argument, result, reason }) =>
        `${list}: ${restriction} ${argument ?? ''} → ${result}: ${reason}`,
    ),
  });
  // An smtpd that does not start says nothing at all.
  const silent = theirs.length === 1 && theirs[0]!.startsWith('LOST');
  if (silent && verdict.reply.text.includes('smtpd does not start')) return undefined;
  if (ours.join('\n') !== theirs.join('\n')) return differ('reply');
  const single = (transaction.to?.length ?? 1) <= 1;
  const refused = real.at(-1)!.code >= 400;
  if (!single || !refused) return undefined;
  const list = verdict.decidedBy?.list ?? '';
  const byList = /^smtpd_\w+_restrictions$/.test(list) ? verdict.decidedBy?.restriction : undefined;
  const later = verdict.steps.some(
    ({ result, restriction }) => result === 'defer-later' && restriction === byList,
  );
  if (later) return undefined;
  // smtpd keeps this one as a class of two others.
  const shown =
    byList === 'reject_sender_login_mismatch' && decided?.endsWith('_sender_login_mismatch')
      ? decided
      : byList;
  return shown?.toLowerCase() === decided ? undefined : differ('decision');
}
