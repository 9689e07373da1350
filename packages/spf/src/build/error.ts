export type SpfBuildErrorCode =
  'bad-address' | 'bad-domain' | 'bad-prefix' | 'bad-explanation' | 'too-many-lookups';

/** A value that would make a record invalid. `message` says which and what to write instead. */
export class SpfBuildError extends Error {
  override readonly name = 'SpfBuildError';
  readonly code: SpfBuildErrorCode;

  constructor(code: SpfBuildErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
