import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';

const megabyte = 2 ** 20;
/** Private memory of smtpd(8) with its cleanup(8), and of smtp(8), measured without TLS. */
const memoryOf = { smtpd: 2.0 * megabyte, smtp: 1.45 * megabyte } as const;
/** What master, qmgr and the other single processes take together. */
const resident = 30 * megabyte;
/** Open files of one Postfix process. */
const filesEach = 30;

export interface Budget {
  /** Most processes of that kind that the host bears, if it is the only kind. */
  readonly smtpd: number;
  readonly smtp: number;
  readonly formula: string;
  readonly evidence: readonly string[];
}

/**
 * How many processes memory, process and file limits allow. Half of the usable memory is for others: the page
 * cache, filters, the resolver.
 */
export function processBudget(facts: HostFacts, { tls = false }: { tls?: boolean } = {}): Budget | undefined {
  const memory = facts.memory.usable;
  if (!memory.known) return undefined;
  const each = (kind: 'smtpd' | 'smtp'): number => memoryOf[kind] * (tls ? 2 : 1);
  const byMemory = (kind: 'smtpd' | 'smtp'): number =>
    Math.max(1, Math.floor((0.5 * memory.value - resident) / each(kind)));
  const processes = [facts.limits.cgroupProcesses, facts.limits.masterProcesses].flatMap((fact) =>
    fact.known ? [{ most: Math.floor(fact.value * 0.8), evidence: fact.evidence }] : [],
  );
  const pids = valueOf(facts.limits.filesMost);
  const byFiles = pids === undefined ? Infinity : Math.max(1, Math.floor(pids / 1.5 / filesEach));
  const others = Math.min(byFiles, ...processes.map(({ most }) => most));
  // A session takes two processes while its message is queued: smtpd and cleanup.
  return {
    smtpd: Math.max(1, Math.min(byMemory('smtpd'), Math.floor(others / 2))),
    smtp: Math.max(1, Math.min(byMemory('smtp'), others)),
    formula: `(0.5 × ${Math.round(memory.value / megabyte)} MB − 30 MB) / ${(each('smtpd') / megabyte).toFixed(2)} MB a session${tls ? ' (doubled for TLS, an estimate)' : ''}`,
    evidence: [memory.evidence, ...processes.map(({ evidence }) => evidence)],
  };
}
