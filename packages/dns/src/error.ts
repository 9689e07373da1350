export type DnsErrorCode = 'bad-server' | 'bad-option' | 'no-redis';

/** A promise this package made and could not keep. `message` says what, where and what to do; `cause` is what happened below. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly code: DnsErrorCode;

  constructor(code: DnsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
