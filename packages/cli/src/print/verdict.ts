import type { Place, Verdict } from '@postern/simulator';
import { paint, type Io } from '../io.ts';

const marks = {
  permit: ['green', 'permits'],
  reject: ['red', 'refuses'],
  dunno: ['dim', 'passes'],
  warning: ['yellow', 'warns'],
  'defer-later': ['yellow', 'doubts'],
  action: ['cyan', 'acts'],
  unknown: ['magenta', 'unknown'],
} as const;

/** A verdict as a person reads it: each command with its reply, what was asked on the way, and what decided. */
export function printVerdict(io: Io, verdict: Verdict): void {
  let steps = verdict.steps.map((step) => ({ step, told: false }));
  for (const { stage, argument, reply } of verdict.replies) {
    io.out(`${paint(io, 'bold', stage)}${argument === '' ? '' : ` ${argument}`}\n`);
    let list = '';
    for (const entry of steps) {
      const { step } = entry;
      if (entry.told || step.stage !== stage) continue;
      if (step.recipient !== undefined && stage === 'RCPT' && step.recipient !== argument) continue;
      entry.told = true;
      if (step.list !== list) io.out(`  ${step.list}\n`);
      list = step.list;
      const [color, word] = marks[step.result];
      const what = [step.restriction, step.argument].filter((part) => part !== undefined).join(' ');
      io.out(`    ${paint(io, color, word.padEnd(8))} ${what}  ${paint(io, 'dim', where(step))}\n`);
      if (step.result !== 'dunno' || !step.reason.startsWith('it does not'))
        io.out(`             ${step.reason}\n`);
    }
    steps = steps.filter(({ told }) => !told);
    io.out(`  → ${[reply.code, reply.enhanced, reply.text].filter((part) => part !== '').join(' ')}\n`);
  }
  for (const action of verdict.actions) io.out(`Also: ${action}\n`);
  for (const { file, line, message } of verdict.problems) io.out(`Problem: ${file}:${line}: ${message}\n`);
  const { decidedBy } = verdict;
  const by = decidedBy
    ? `, by ${decidedBy.restriction}${decidedBy.restriction === decidedBy.list ? '' : ` in ${decidedBy.list}`} ${where(decidedBy)}`
    : '';
  io.out(`\n${paint(io, 'bold', `Outcome: ${verdict.outcome}`)}${by}\n`);
  for (const { name, because } of verdict.unknown) io.out(`Not known: ${name} (${because})\n`);
  for (const { outcome, reply, when } of verdict.possible) {
    const says = when.map((each) => `${each.name} says ${each.says}`).join(', ');
    io.out(`  ${outcome} with ${reply.code} ${reply.enhanced} if ${says}\n`);
  }
}

function where({ file, line }: Place): string {
  return file === null ? '(default)' : `${file}:${line}`;
}
