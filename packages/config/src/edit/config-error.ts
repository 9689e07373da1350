/** Why an edit cannot be written. */
export type ConfigErrorCode =
  /** The name is empty, or holds white space, `=`, NUL or a leading `#`. */
  | 'bad-name'
  /** The value holds a NUL, or a line of it would be read as a comment. */
  | 'bad-value'
  /** Only a newer Postfix can read what would have to be written. */
  | 'needs-version'
  /** The tree has no such service. */
  | 'no-such-service'
  /** A version, or a range of versions, is not written as one. */
  | 'bad-version';

/** An edit that no line of the file can express. `message` says what, where and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
