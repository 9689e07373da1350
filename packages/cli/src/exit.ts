/** What the command's exit code says. */
export const exitCode = { clean: 0, findings: 1, usage: 2, unknown: 3 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
 * Ends a command with a message for the person at the terminal: what is wrong, where, and what to do.
 * `usage` is a mistake in the command line, `unknown` anything that keeps the answer from being known.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit: ExitCode;

  constructor(exit: 'usage' | 'unknown', message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exitCode[exit];
  }
}
