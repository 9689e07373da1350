export type PolicyErrorCode =
  'bad-address' | 'no-systemd-sockets' | 'cannot-listen' | 'already-closed' | 'no-redis';

/** A promise this package made and could not keep. `message` says what, where and what to do; `cause` is what happened below. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
