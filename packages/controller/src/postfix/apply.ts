import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Files, Plan } from '@postern/plan';
import { ControllerError } from '../error.ts';
import type { Host } from '../host/host.ts';
import { ask, first, fromBase64, line } from './ask.ts';
import {
  changesFor,
  isNothing,
  missingPackages,
  questionFor,
  type FileChange,
  type HostChanges,
} from './changes.ts';
import { readFacts, sysctlName, type Answers, type HostFacts, type Question } from './facts.ts';
import type { ChangeRecord } from './history.ts';
import { offersTls, probe, type CheckResult, type Vantage } from './probes.ts';
import { scopeOf } from './scope.ts';

export interface HostApplyOptions {
  /**
   * The change's id, for a caller that has to recognise it after the connection broke. Letters, digits and hyphens; later
   * ones have to sort after earlier ones: begin it with the time, as `20260131T120000000Z-…`.
   */
  readonly id?: string;
  /** After how many milliseconds the host undoes the change by itself unless it is confirmed; 120 000 by default. */
  readonly confirmWithin?: number;
  /** `after-checks`: confirmed when all checks pass (the default). `by-hand`: left to `host.confirm(id)`. */
  readonly confirm?: 'after-checks' | 'by-hand';
  /** What the plan was made from: when main.cf or master.cf is different by now, nothing is changed. */
  readonly basedOn?: { readonly fingerprints: Readonly<Record<string, { readonly sha256: string }>> };
  /** Opens a connection to the host from outside its mynetworks, for the checks. By default a direct one from here. */
  readonly vantage?: Vantage;
  /**
   * Makes new files look an hour old. Postfix's programs wait until a file that was modified just now has grown a
   * little older, which costs seconds; without this its time says when it was written. Default: true.
   */
  readonly backdate?: boolean;
  /** Milliseconds for the reply of a service during the checks; 8000 by default. */
  readonly patience?: number;
  /** Told as it goes on, for a display. */
  readonly onStep?: (step: string) => void;
  /** Heeded until the change begins; from then on the host goes to the end of it. */
  readonly signal?: AbortSignal;
}

/** What an apply came to. */
export interface HostApply {
  /**
   * `unchanged`: everything was so already. `applied`: made, checked, confirmed. `pending`: made and checked, waits to
   * be confirmed by hand. `rolled-back`: a check failed, and the host is as it was.
   */
  readonly status: 'unchanged' | 'applied' | 'pending' | 'rolled-back';
  /** For `confirm` and `rollback`. */
  readonly id?: string;
  readonly changed: readonly string[];
  readonly installed: readonly string[];
  readonly before: Files;
  readonly after: Files;
  readonly checks: readonly CheckResult[];
  /** What Postfix complained of since the change. */
  readonly log: readonly string[];
  /** An earlier change that had been cut short or never confirmed, and was undone first. */
  readonly recovered?: HostFacts['recovered'];
}

/**
 * Applies a plan to the Postfix of a host. See `PostfixHost.apply`.
 *
 * @param seen  what the host said when the configuration was read that the plan is based on
 */
export async function applyPlanToHost(
  host: Host,
  directory: string | undefined,
  plan: Plan,
  options: HostApplyOptions = {},
  seen?: Answers,
): Promise<HostApply> {
  const { onStep, signal } = options;
  const question = questionFor(plan, directory);
  let facts = seen && isAnswered(question, seen) ? seen : undefined;
  if (!facts) {
    onStep?.('reading the host');
    facts = await readFacts(host, { ...question, signal });
  }
  refusePending(host.name, facts);
  const wanted = missingPackages(plan, facts);
  const installed = await installPackages(host, wanted, onStep);
  if (installed.length > 0) facts = await readFacts(host, { ...question, signal });
  const changes = changesFor(host, plan, facts, installed.length > 0);
  const outlook = {
    changed: changes.files.map(({ path }) => path),
    installed,
    before: changes.before,
    after: changes.after,
    ...(facts.recovered && { recovered: facts.recovered }),
  };
  if (isNothing(changes) && changes.action !== 'start') {
    return { status: 'unchanged', ...outlook, checks: [], log: [] };
  }
  refuseOutdated(host.name, options.basedOn, facts);
  const ids = { id: options.id ?? newId(), kind: 'apply' as const };
  const wishes = new Set(plan.checks.map(({ id }) => id));
  return {
    ...outlook,
    ...(await change(host, facts, changes, ids, {
      ...options,
      starttls: wishes.has('starttls') && offersTls(changes.after, facts.version ?? ''),
    })),
  };
}

/** Makes a change on the host, proves it, and confirms it or lets it be undone. */
export async function change(
  host: Host,
  facts: Answers,
  changes: HostChanges,
  record: Pick<ChangeRecord, 'id' | 'kind' | 'to'>,
  options: HostApplyOptions & { readonly starttls?: boolean },
): Promise<Pick<HostApply, 'status' | 'id' | 'checks' | 'log'>> {
  const { signal, onStep, confirmWithin = 120_000, patience = 8000 } = options;
  signal?.throwIfAborted();
  const request = transactionRequest(facts, changes, record, { ...options, confirmWithin });
  await truthfully(host, facts.directory, record.id, () =>
    ask(host, 'transaction', request, { onStep, timeout: confirmWithin + 60_000 }),
  );
  onStep?.('checking');
  const vantage = options.vantage ?? host.reach;
  const checks =
    changes.action === 'none'
      ? []
      : await probe(host, {
          version: facts.version ?? '',
          after: changes.after,
          vantage,
          stranger: options.vantage ? true : undefined,
          starttls: options.starttls ?? false,
          patience: Math.min(patience, confirmWithin / 2),
        });
  const wrong = checks.filter(({ status }) => status === 'failed');
  const deed = wrong.length > 0 ? 'roll-back' : options.confirm === 'by-hand' ? 'leave' : 'confirm';
  onStep?.(deed === 'roll-back' ? 'rolling back' : 'confirming');
  const reasons = wrong.map(({ id, message }) => `${id}: ${message}`).join('; ');
  const settled = await truthfully(host, facts.directory, record.id, () =>
    ask(host, 'settle', [record.id, deed, reasons.replaceAll(/[\n\0]/g, ' ')].map(line).join('')),
  );
  const log = fromBase64(first(settled, 'log') ?? '')
    .split('\n')
    .filter(Boolean);
  const verdict: CheckResult[] =
    deed === 'roll-back'
      ? []
      : [
          {
            id: 'log',
            status: log.length === 0 ? 'passed' : 'failed',
            message: log[0] ?? 'Postfix has logged no new complaint',
          },
        ];
  const status =
    first(settled, 'rolled-back') !== undefined ? 'rolled-back' : deed === 'leave' ? 'pending' : 'applied';
  return { status, id: record.id, checks: [...checks, ...verdict], log };
}

/**
 * When it is not known how something ended, looks at the host again, by a new connection, and says what is so.
 *
 * @throws ControllerError `outcome-unknown` with what the host was found to be
 */
async function truthfully<T>(host: Host, directory: string, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isUnknown =
      error instanceof ControllerError && ['outcome-unknown', 'timeout', 'unreachable'].includes(error.code);
    if (!isUnknown) throw error;
    const state = await lookAgain(host, directory, id);
    throw new ControllerError('outcome-unknown', `${error.message} ${state}`, { cause: error });
  }
}

async function lookAgain(host: Host, directory: string, id: string): Promise<string> {
  try {
    const again = await host.reopen?.();
    if (!again) return '';
    const { pending, busy } = await readFacts(again, { directory });
    if (again !== host) await again.close();
    if (busy)
      return `Looked again: the host is still at work on it; unless change ${id} is confirmed, the host undoes it by itself.`;
    if (pending?.id !== id) return `Looked again: change ${id} is not in force; the old files are in place.`;
    return pending.phase === 'committed'
      ? `Looked again: change ${id} is made; the host undoes it in ${pending.left} s unless it is confirmed.`
      : `Looked again: change ${id} is half made; the host undoes it in ${pending.left} s unless it is confirmed.`;
  } catch (error) {
    return `It cannot be looked at now either (${error instanceof Error ? error.message : String(error)}); unless confirmed the host undoes the change by itself.`;
  }
}

/** @throws ControllerError `pending` */
function refusePending(name: string, { pending }: HostFacts): void {
  if (!pending) return;
  throw new ControllerError(
    'pending',
    `${name}: change ${pending.id} waits to be confirmed, and is undone in ${pending.left} s. Confirm it or roll it back first.`,
  );
}

/**
 * Whether what was read is all that a plan needs to be known. What the host has to put right first is looked at anew; and
 * that the files are still so, the host itself says when they are changed.
 */
function isAnswered({ files = [], sysctls, packages, tables }: Question, seen: Answers): boolean {
  const others = [sysctls, packages, tables].flatMap((each) => each ?? []);
  return (
    !seen.unfinished &&
    !seen.busy &&
    others.length === 0 &&
    files.every((path) => path === 'main.cf' || path === 'master.cf')
  );
}

function refuseOutdated(name: string, basedOn: HostApplyOptions['basedOn'], { files }: Answers): void {
  if (!basedOn) return;
  const changed = basisOf(basedOn).filter(
    (path) => files.has(path) && basedOn.fingerprints[path]?.sha256 !== files.get(path)?.sha256,
  );
  if (changed.length === 0) return;
  throw new ControllerError(
    'changed-meanwhile',
    `${name}: ${changed.join(', ')}: was changed by somebody else since the plan was made. Nothing was changed. Make the plan again.`,
  );
}

/** The files that a plan was made from. */
function basisOf({ fingerprints }: NonNullable<HostApplyOptions['basedOn']>): string[] {
  return [...new Set([...Object.keys(fingerprints), 'main.cf', 'master.cf'])];
}

async function installPackages(
  host: Host,
  names: readonly string[],
  onStep: HostApplyOptions['onStep'],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  onStep?.(`installing ${names.join(', ')}`);
  await ask(host, 'install', names.map(line).join(''), { timeout: 20 * 60_000 });
  return names;
}

/** The request as bytes: lines, and after each file's header its content. */
function transactionRequest(
  facts: Answers,
  changes: HostChanges,
  record: Pick<ChangeRecord, 'id' | 'kind' | 'to'>,
  { confirmWithin, backdate = true, basedOn }: HostApplyOptions & { readonly confirmWithin: number },
): Uint8Array {
  const parts: (string | Uint8Array)[] = [
    line(record.id),
    line(facts.directory),
    line(String(Math.ceil(confirmWithin / 1000))),
    line(changes.action),
    line(backdate ? 'yes' : 'no'),
    line(scopeOf(changes, facts.version ?? '')),
  ];
  const files = changes.files.toSorted((a, b) => turnOf(a) - turnOf(b));
  const touched = new Set(files.map(({ path }) => path));
  for (const path of basedOn ? basisOf(basedOn) : []) {
    const file = facts.files.get(path);
    if (file && !touched.has(path)) parts.push(`same\n${line(path)}${line(file.sha256)}`);
  }
  for (const file of files) parts.push(...fileRequest(file));
  for (const { key, value } of changes.sysctls) parts.push(`sysctl\n${line(sysctlName(key))}${line(value)}`);
  for (const table of changes.tables) parts.push(`table\n${line(table)}`);
  for (const need of changes.needs) parts.push(`need\n${line(need)}`);
  const history: ChangeRecord = {
    ...record,
    at: new Date().toISOString(),
    by: whoAmI(),
    directory: facts.directory,
    files: files.map(({ path, before, bytes }) => ({ path, before, removed: bytes === null })),
    tables: changes.tables,
    sysctls: Object.fromEntries(changes.sysctls.map(({ key }) => [key, facts.sysctls.get(key) ?? ''])),
    changes: changes.redacted,
  };
  const text = Buffer.from(JSON.stringify(history));
  parts.push(`record\n${text.length}\n`, text, 'end\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function fileRequest({ path, bytes, before, mode, owner, group }: FileChange): (string | Uint8Array)[] {
  const head = [
    'file',
    path,
    bytes === null ? 'remove' : 'write',
    before ?? 'absent',
    mode === undefined ? '-' : mode.toString(8),
    owner ?? '-',
    group ?? '-',
    String(bytes?.length ?? 0),
  ];
  return [head.map(line).join(''), ...(bytes === null ? [] : [bytes])];
}

/** What is named exists before what names it; what goes, goes last. */
function turnOf({ path, bytes }: FileChange): number {
  if (bytes === null) return 3;
  return path === 'main.cf' ? 2 : path === 'master.cf' ? 1 : 0;
}

/** Sorts by time, to the millisecond as several changes fit into a second, and says the time to people. */
export function newId(): string {
  const time = new Date().toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

function whoAmI(): string {
  return `${userInfo().username}@${hostname()}`;
}
