import { styleText } from 'node:util';

/** Everything the command touches of the world outside, so that a test or a program can run it in its own process. */
export interface Io {
  /** Writes to standard output, as is: a text, or the bytes of a file that need not be UTF-8. */
  out(data: string | Uint8Array): void;
  /** Writes to standard error, as is. */
  err(data: string | Uint8Array): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks a yes-or-no question on the terminal; undefined where nobody is there to answer. */
  confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Asks for something that must not be seen; undefined where nobody is there to answer. */
  askSecret?: ((question: string) => Promise<string>) | undefined;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Whether colour may be used: a terminal, and NO_COLOR is not set or empty. */
  readonly color: boolean;
  /** Where relative paths start. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Paints text where colour may be used and leaves it alone elsewhere. */
export function paint(io: Io, format: Parameters<typeof styleText>[0], text: string): string {
  return io.color ? styleText(format, text, { validateStream: false }) : text;
}

/** One JSON document, as every `--json` prints it. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, undefined, 2)}\n`);
}
