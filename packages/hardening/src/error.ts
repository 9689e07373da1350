export type HardeningErrorCode = 'unknown-profile' | 'bad-input' | 'bad-rule' | 'no-fixed-point';

/** A promise this package made and could not keep. */
export class HardeningError extends Error {
  override readonly name = 'HardeningError';
  readonly code: HardeningErrorCode;

  constructor(code: HardeningErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
