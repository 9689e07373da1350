import type { QueueMessage, QueueOutcome, QueueSummary, Triage, TriageGroup } from '@postern/controller';
import { paint, type Io } from '../io.ts';
import { visible } from './visible.ts';

/** What a stranger wrote, on one line. */
export function shown(text: string): string {
  return visible(text).replaceAll(/\s+/g, ' ');
}

export function printMessage(io: Io, { queue, id, arrived, size, sender, recipients }: QueueMessage): void {
  const came = new Date(arrived * 1000).toISOString().slice(0, 19).replace('T', ' ');
  io.out(
    `${id.padEnd(14)} ${queue.padEnd(8)} ${came} ${String(size).padStart(9)}  ${shown(sender || '<>')} → ${recipients.map(({ address }) => shown(address)).join(', ')}\n`,
  );
  for (const reason of new Set(recipients.map((each) => each.reason))) {
    if (reason !== '') io.out(`${paint(io, 'dim', `               ${shown(reason)}`)}\n`);
  }
}

/** The tables of a summary: the greatest domains by age as qshape has them, then what else is counted. */
export function printSummary(io: Io, summary: QueueSummary, labels: readonly string[], most: number): void {
  io.out(
    `${paint(io, 'bold', `${summary.total} messages`)}, ${megabytes(summary.size)}: ${counts(summary.byQueue)}\n`,
  );
  if (summary.total === 0) return;
  const width = Math.max(6, ...summary.shape.slice(0, most).map(({ domain }) => shown(domain).length));
  const row = (name: string, total: string | number, cells: readonly (string | number)[]): void =>
    io.out(
      `${name.padStart(Math.min(width, 40))} ${String(total).padStart(7)} ${cells.map((cell) => String(cell).padStart(6)).join('')}\n`,
    );
  io.out('\nBy recipient domain and age in minutes\n');
  row('', 'total', labels);
  row('TOTAL', summary.total, Object.values(summary.byAge));
  for (const { domain, total, ages } of summary.shape.slice(0, most))
    row(shown(domain || '(none)').slice(0, 40), total, ages);
  top(io, 'By reason', summary.byReason, most);
  top(io, 'By sender', summary.bySender, most);
  for (const { line, message } of summary.problems.slice(0, 5))
    io.err(`postern: line ${line} of the listing: ${message}\n`);
}

/** The ages and the greatest domains as one SVG picture each, below each other. */
export async function summarySvg(summary: QueueSummary): Promise<string> {
  const { bars } = await import('@postern/report');
  const rows = Object.entries(summary.byAge).map(([label, value]) => ({ label: `${label} min`, value }));
  return `${bars({ title: 'Messages in the queue by age', rows }).markup.trim()}\n`;
}

/** What an action did, and what it left alone and why. */
export function printOutcome(
  io: Io,
  target: string,
  { id, action, total, done, skipped, words }: QueueOutcome,
): void {
  io.out(
    `${paint(io, done === total ? 'green' : 'yellow', past[action])}: ${done} of ${total} messages (${id})\n`,
  );
  for (const [why, count] of Object.entries(skipped))
    io.out(`  left alone: ${count} ${whyLeft[why as keyof typeof whyLeft]}\n`);
  for (const word of words) io.out(`  Postfix said: ${shown(word)}\n`);
  if (done > 0 && (action === 'hold' || action === 'release' || action === 'delete'))
    io.out(`Undo: postern queue undo ${target} ${id}\n`);
}

export function printTriage(io: Io, triage: Triage): void {
  const { total, backscatter, legitimate, unsure, causes, plan, release, pace, problems } = triage;
  io.out(`${paint(io, 'bold', `${total} messages`)}\n`);
  printGroup(io, 'red', 'backscatter', backscatter);
  printGroup(io, 'green', 'legitimate', legitimate);
  if (unsure.count > 0) printGroup(io, 'yellow', 'not looked into', unsure);
  for (const { message, confidence, signs, advice } of causes) {
    io.out(`\n${paint(io, 'bold', 'Cause')} (${confidence}): ${shown(message)}\n`);
    for (const sign of signs) io.out(`  ${shown(sign)}\n`);
    for (const step of advice) io.out(`  To do: ${shown(step)}\n`);
  }
  if (plan.changes.length > 0) io.out('\nThis stops it:\n');
  for (const change of plan.changes) {
    if (change.type === 'set-parameter') io.out(`  ${change.name} = ${shown(change.value)}\n`);
    else if (change.type === 'remove-parameter') io.out(`  take out ${change.name}\n`);
    else if (change.type === 'put-service') io.out(`  master.cf: a service ${change.service.name}\n`);
    io.out(`    ${paint(io, 'dim', shown(change.because.why))}\n`);
  }
  if (release.length > 0)
    io.out(
      `\n${release.length} legitimate messages are on hold. Release them at ${pace.perSecond} a second: ${pace.because}.\n`,
    );
  for (const problem of problems) io.err(`postern: ${shown(problem)}\n`);
}

function printGroup(io: Io, color: 'red' | 'green' | 'yellow', name: string, group: TriageGroup): void {
  const sure = group.count === 0 ? '' : `, ${group.certain} of them for certain`;
  io.out(`\n${paint(io, color, `${group.count} ${name}`)} (${megabytes(group.size)}${sure})\n`);
  for (const [why, count] of Object.entries(group.byWhy)) {
    io.out(`  ${count} ${whyWords[why as keyof typeof whyWords]}\n`);
    for (const { id, recipients, from, subject } of group.samples.filter((sample) => sample.why === why)) {
      const header = [from, subject]
        .filter((text) => text !== undefined)
        .map(shown)
        .join(' · ');
      io.out(
        `    ${paint(io, 'dim', `${id} → ${recipients.map(shown).join(', ')}${header === '' ? '' : `  ${header}`}`)}\n`,
      );
    }
  }
}

const whyWords = {
  'has-sender': 'have a sender',
  'own-recipient': 'are bounces or reports to recipients of ours',
  forwarded: 'came for a recipient of ours and are passed on',
  'own-submission': 'were sent by a user who had logged in',
  'bounces-own-mail': 'bounce what was sent from here',
  'own-author': 'were written by somebody here: automatic replies, notifications',
  'bounces-foreign-mail': 'bounce what strangers sent',
  'nothing-ours': 'have neither sender nor anything of ours in them',
  'not-inspected': 'could not be looked into',
} as const;

const past = {
  hold: 'Held',
  release: 'Released',
  requeue: 'Requeued',
  delete: 'Deleted',
  flush: 'Asked for a try',
  restore: 'Put back',
} as const;

const whyLeft = {
  gone: 'are in no queue any more',
  another: 'whose id belongs to another message by now',
  held: 'were on hold already',
  'not-held': 'are not on hold',
  refused: 'of which Postfix did not say that it is done',
} as const;

function top(io: Io, title: string, all: Readonly<Record<string, number>>, most: number): void {
  const entries = Object.entries(all);
  if (entries.length === 0) return;
  io.out(`\n${title}\n`);
  for (const [name, count] of entries.slice(0, most))
    io.out(`${String(count).padStart(8)}  ${shown(name)}\n`);
  if (entries.length > most) io.out(`${paint(io, 'dim', `          and ${entries.length - most} more`)}\n`);
}

function counts(all: Readonly<Record<string, number>>): string {
  return (
    Object.entries(all)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'the queue is empty'
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
