import { ConfigError, parseMain, parseMaster, syntaxProblems, validate, type Problem } from '@postern/config';
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
 * Refuses files with which Postfix would not start, whether the plan broke them or they were broken before; and
 * every further error of meaning (a value that no daemon can read, a restriction that does not exist) that was
 * not there before.
 *
 * @param version  the Postfix version that will read the files; without it only their form is looked at
 * @throws ControllerError `invalid-configuration` with each file, line, and what to do
 */
export function refuseInvalid(
  directory: string,
  before: Files,
  after: Files,
  version: string | undefined,
): void {
  const main = parseMain(after['main.cf'] ?? '');
  const master = parseMaster(after['master.cf'] ?? '');
  const stops = [...syntaxProblems(main), ...syntaxProblems(master)].filter(({ code }) => fatal.has(code));
  if (stops.length > 0) refuse(directory, 'Postfix would not start with these files.', stops);
  if (version === undefined) return;
  const known = new Set(errorsIn(before, version).map(keyOf));
  const fresh = errorsIn(after, version).filter((problem) => !known.has(keyOf(problem)));
  if (fresh.length > 0)
    refuse(directory, `Postfix ${version} would not work with what the plan writes.`, fresh);
}

function errorsIn(files: Files, version: string): Problem[] {
  const master = files['master.cf'];
  try {
    return validate({
      main: parseMain(files['main.cf'] ?? ''),
      ...(master !== undefined && { master: parseMaster(master) }),
      version,
    }).filter(({ level }) => level === 'error');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ControllerError('plan-does-not-fit', `the plan is for Postfix "${version}": ${error.message}`, {
      cause: error,
    });
  }
}

/** The same problem on another line is the same problem. */
function keyOf({ file, code, message }: Problem): string {
  return `${file} ${code} ${message}`;
}

function refuse(directory: string, what: string, problems: readonly Problem[]): never {
  const list = problems.map(
    ({ file, at, message, advice }) => `${directory}/${file}:${at.line}:${at.column}: ${message}. ${advice}`,
  );
  throw new ControllerError('invalid-configuration', `${what} Nothing was changed.\n${list.join('\n')}`);
}
