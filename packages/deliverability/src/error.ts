export type DeliverabilityErrorCode = 'bad-address' | 'bad-domain' | 'bad-record' | 'too-large';

/** A call that cannot be carried out as asked. What the network does is never an error but a check's result. */
export class DeliverabilityError extends Error {
  override readonly name = 'DeliverabilityError';
  readonly code: DeliverabilityErrorCode;

  constructor(code: DeliverabilityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
