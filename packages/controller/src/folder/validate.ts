import { parseMain, parseMaster, syntaxProblems, type Problem } from '@postern/config';
import type { Files } from '@postern/plan';
import { ControllerError } from '../error.ts';

/** The faults of form with which Postfix does not start; the others it survives with a warning. */
const fatal: ReadonlySet<Problem['code']> = new Set<Problem['code']>([
  'missing-equals',
  'missing-name',
  'too-few-fields',
  'unknown-service-type',
  'unclosed-brace',
  'text-after-brace',
]);

/**
 * Refuses files with which Postfix would not start, whether the plan broke them or they were broken before.
 *
 * @throws ControllerError `invalid-configuration` with each file, line, and what to do
 */
export function refuseFatal(directory: string, files: Files): void {
  const problems = [
    ...syntaxProblems(parseMain(files['main.cf'] ?? '')),
    ...syntaxProblems(parseMaster(files['master.cf'] ?? '')),
  ].filter(({ code }) => fatal.has(code));
  if (problems.length === 0) return;
  const list = problems.map(
    ({ file, at, message, advice }) => `${directory}/${file}:${at.line}:${at.column}: ${message}. ${advice}`,
  );
  throw new ControllerError(
    'invalid-configuration',
    `Postfix would not start with these files. Nothing was changed.\n${list.join('\n')}`,
  );
}
