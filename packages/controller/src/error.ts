/** Why a host or folder could not be read or changed. */
export type ControllerErrorCode =
  /** There is no such folder, or it is no folder. */
  | 'no-such-folder'
  /** The folder has no main.cf (or no file that was asked for). */
  | 'no-such-file'
  /** It is there, and may not or cannot be read. */
  | 'unreadable'
  /** A directory, device, socket or a dangling link in place of a file. */
  | 'not-a-file'
  | 'too-large'
  /** The path leads out of the configuration folder. */
  | 'outside-folder'
  /** The plan does not fit the files; `cause` is the PlanError. */
  | 'plan-does-not-fit'
  /** Postfix would not start with the files that were to be written. */
  | 'invalid-configuration'
  /** Somebody else is changing the folder. */
  | 'locked'
  /** The files are not those that the plan was made for. */
  | 'changed-meanwhile'
  /** The files were changed after the apply that was to be undone. */
  | 'changed-since'
  /** Nothing was applied that could be undone. */
  | 'nothing-to-roll-back'
  | 'no-such-apply'
  /** What an apply kept of itself cannot be read any more. */
  | 'damaged-history'
  /** An earlier run was cut short, and files changed since: somebody has to decide. */
  | 'interrupted'
  | 'no-space'
  | 'read-only'
  | 'permission-denied'
  /** The new file could not be given the owner, mode or access list of the old one. */
  | 'cannot-keep-attributes'
  | 'write-failed';

/**
 * A promise this package made and could not keep. `message` says what, where and what to do;
 * `cause` is what happened below.
 */
export class ControllerError extends Error {
  override readonly name = 'ControllerError';
  readonly code: ControllerErrorCode;

  constructor(code: ControllerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
