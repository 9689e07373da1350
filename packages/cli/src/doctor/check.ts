/** One thing about the place that the command runs in. */
export interface EnvironmentCheck {
  readonly id: string;
  readonly topic: 'command' | 'names' | 'hosts' | 'files';
  /** `warning` and `fail`: it is in the way of reading and changing hosts. What only some commands need is `info`. */
  readonly status: 'pass' | 'info' | 'warning' | 'fail' | 'unknown';
  /** What is so, in a sentence. */
  readonly message: string;
  /** What to do; for `unknown`, how to see it. */
  readonly advice?: string;
}
