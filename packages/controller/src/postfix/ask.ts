import { ControllerError, type ControllerErrorCode } from '../error.ts';
import { oneLine } from '../host/answer.ts';
import type { Host, RunOptions, Script } from '../host/host.ts';
import { program, type Operation } from '../program/program.ts';

/** What the program on the host said: lines of a word and what follows it. */
export type Lines = readonly (readonly [word: string, rest: string])[];

/**
 * Asks the program on the host for something.
 *
 * @param request  its standard input, whole lines
 * @throws ControllerError with the code that the program gave, or why it could not be run
 */
export async function ask(
  host: Host,
  operation: Operation,
  request: string | Uint8Array,
  options: AskOptions = {},
): Promise<Lines> {
  return askProgram(host, operation, program(operation), request, options);
}

export interface AskOptions extends Pick<RunOptions, 'signal' | 'timeout'> {
  readonly onStep?: ((step: string) => void) | undefined;
}

type OnLine = (word: string, rest: string) => unknown;

/** The same of any script that speaks as the program on the host does. */
export async function askProgram(
  host: Host,
  operation: string,
  { script, args = [] }: Script,
  request: string | Uint8Array,
  { onStep, onLine, ...options }: AskOptions & { readonly onLine?: OnLine } = {},
): Promise<Lines> {
  const feed = (onLine ?? onStep) && linesFrom(onLine ?? ((word, rest) => word === 'step' && onStep?.(rest)));
  // What is asked without secrets may travel on the command line, which saves a wait.
  const command =
    typeof request === 'string'
      ? { script: `printf %s "$${args.length + 1}" | (${script}\n)`, args: [...args, request] }
      : { script, args };
  const { status, stdout, stderr } = await host.run(command, {
    ...options,
    asRoot: true,
    limit: 256 * 2 ** 20,
    ...(typeof request === 'string' ? {} : { stdin: request }),
    ...(feed && { onOutput: feed }),
  });
  const lines = parseLines(stdout.toString('latin1'));
  const failed = lines.find(([word]) => word === 'failed');
  if (failed) {
    const [, code, text] = /^(\S+) (.*)$/s.exec(failed[1]) ?? [];
    throw new ControllerError(
      (code ?? 'step-failed') as ControllerErrorCode,
      `${host.name}: ${oneLine(text ?? '', 2000)}`,
    );
  }
  if (status >= 128) {
    throw new ControllerError(
      'outcome-unknown',
      `${host.name}: ${operation} was killed on the host by signal ${status - 128}. How far it came is not known.`,
    );
  }
  if (status !== 0) {
    throw new ControllerError(
      'step-failed',
      `${host.name}: ${operation} ended with exit status ${status}: ${oneLine(stderr) || 'without a word'}`,
    );
  }
  return lines;
}

/** The rest of the first line with a word. */
export function first(lines: Lines, word: string): string | undefined {
  return lines.find(([each]) => each === word)?.[1];
}

/** A line for the program. @throws ControllerError `bad-argument` for what would be two lines, or has a NUL byte */
export function line(text: string): string {
  if (/[\n\0]/.test(text)) {
    throw new ControllerError('bad-argument', `${JSON.stringify(text)} has a newline or a NUL byte in it.`);
  }
  return `${text}\n`;
}

export function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function parseLines(text: string): Lines {
  return text.split('\n').flatMap((each) => {
    const [, word, rest] = /^(\S+) ?(.*)$/.exec(each) ?? [];
    return word === undefined ? [] : [[word, rest ?? ''] as const];
  });
}

/** Passes on the lines as they come. */
function linesFrom(onLine: OnLine): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const [word, more] of parseLines(lines.join('\n'))) onLine(word, more);
  };
}
