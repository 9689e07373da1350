import { linesOf, parseMain, parseMaster, type StrayReason } from '@postern/config';
import type { Files } from '@postern/plan';
import { ControllerError } from '../error.ts';

/** Something in a file with which Postfix would not start. */
interface FatalProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/**
 * Refuses files with which Postfix would not start, whether the plan broke them or they were broken before.
 *
 * @throws ControllerError `invalid-configuration` with each file and line
 */
export function refuseFatal(directory: string, files: Files): void {
  const problems = [
    ...fatalIn('main.cf', parseMain(files['main.cf'] ?? '').entries),
    ...fatalIn('master.cf', parseMaster(files['master.cf'] ?? '').entries),
  ];
  if (problems.length === 0) return;
  const list = problems
    .map(({ file, line, message }) => `${directory}/${file}:${line}: ${message}`)
    .join('\n');
  throw new ControllerError(
    'invalid-configuration',
    `Postfix would not start with these files. Nothing was changed. Mend them first:\n${list}`,
  );
}

const words: Readonly<Record<Exclude<StrayReason, 'indented-start'>, string>> = {
  'missing-equals': 'no "=" after the name; indent the line if it continues the one above',
  'missing-name': 'no name before the "="',
  'too-few-fields': 'fewer than eight fields; indent the line if it continues the one above',
  'unknown-service-type': 'the second field is no service type (inet, unix, fifo, pass, unix-dgram)',
};

function fatalIn(
  file: string,
  entries: readonly { readonly type: string; readonly text: string; readonly reason?: StrayReason }[],
): FatalProblem[] {
  const problems: FatalProblem[] = [];
  let line = 1;
  for (const { type, text, reason } of entries) {
    if (type === 'stray' && reason && reason !== 'indented-start')
      problems.push({ file, line, message: words[reason] });
    line += linesOf({ text }).length;
  }
  return problems;
}
