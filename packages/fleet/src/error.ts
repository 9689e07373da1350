/** Why a rollout could not be begun or gone on with. */
export type FleetErrorCode =
  /** A file cannot be read. */
  | 'unreadable'
  /** Nobody to work on, or a name that nobody has. */
  | 'no-hosts'
  /** Two hosts of the same name. */
  | 'same-name'
  | 'bad-strategy'
  /** The journal has a rollout that has not ended; resume it, or name another journal. */
  | 'unfinished'
  | 'nothing-to-resume'
  | 'nothing-to-pause'
  /** What is resumed was begun with another plan. */
  | 'another-plan'
  /** A host of the rollout that is resumed is not among the hosts any more. */
  | 'host-missing'
  /** Another process has the journal. */
  | 'in-use'
  | 'damaged-journal'
  | 'cannot-write'
  /** An optional package is not installed. */
  | 'missing-package'
  /** Redis does not answer, or says no. */
  | 'redis'
  /** A worker has no plan of that name. */
  | 'unknown-plan';

/** A promise this package made and could not keep. What goes wrong on a host is no error but that host's result. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
