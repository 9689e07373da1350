import type { Change, Files, Finding, Plan } from '@postern/plan';
import { paint, type Io } from '../io.ts';
import { visible } from './visible.ts';

/** A plan, and what it leaves alone. */
export type NotedPlan = Plan & { readonly notes?: readonly Finding[] };

/** A plan as a person reviews it: the diff with its reasons, what else is done, and what is left alone. */
export async function printPlan(io: Io, plan: NotedPlan, before: Files, after: Files): Promise<void> {
  const { ansiPalette, isEmpty, renderDiff } = await import('@postern/plan');
  if (isEmpty(plan)) io.out('Nothing to change.\n');
  // A pipe gets the bytes as they are, so that patch(1) can use them.
  const show = io.terminal ? visibleFiles : (files: Files): Files => files;
  io.out(renderDiff(show(before), show(after), { plan, ...(io.color && { palette: ansiPalette }) }));
  const others = plan.changes.filter(({ type }) => outsideFiles.has(type));
  if (others.length > 0) io.out(`\n${paint(io, 'bold', 'Then')}\n`);
  for (const change of others)
    io.out(`  ${describeChange(change)}: ${paint(io, 'dim', change.because.why)}\n`);
  const { notes = [] } = plan;
  if (notes.length > 0) io.out(`\n${paint(io, 'bold', 'Left alone')}\n`);
  for (const { message } of notes) io.out(`  ${visible(message.replace(/\bInput: (\w+)/, optionFor))}\n`);
}

function visibleFiles(files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, visible(text)]));
}

/** The command line's name for an input of the profile. */
function optionFor(_: string, input: string): string {
  const option =
    input === 'tls' ? 'cert and --key' : input.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `Say so with --${option}`;
}

const outsideFiles: ReadonlySet<Change['type']> = new Set([
  'install-package',
  'set-sysctl',
  'postfix-action',
]);

/** What a change that is not about a file does, in a few words. */
export function describeChange(change: Change): string {
  switch (change.type) {
    case 'install-package':
      return `install ${change.name.debian ?? change.name.redhat ?? 'a package'}`;
    case 'set-sysctl':
      return `sysctl ${change.key} = ${change.value}`;
    case 'postfix-action':
      return change.table === undefined ? `postfix ${change.action}` : `${change.action} ${change.table}`;
    default:
      return change.type;
  }
}
