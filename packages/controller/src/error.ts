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
  | 'write-failed'
  /** No connection: nobody answers, or the connection broke before anything was asked. */
  | 'unreachable'
  /** No host key is on record for this name. */
  | 'host-key-unknown'
  /** Another host key is on record for this name. */
  | 'host-key-changed'
  | 'host-key-revoked'
  /** The two sides have no key exchange, cipher or host key type in common that is still safe. */
  | 'no-common-algorithm'
  /** A private key cannot be read: no such file, another format, a wrong passphrase. */
  | 'unusable-key'
  | 'authentication-failed'
  /** Something in ~/.ssh/config that this package does not do. */
  | 'unsupported-ssh-config'
  /** sudo wants a password, or does not let this user be root. */
  | 'sudo-refused'
  /** What answers is no POSIX shell. */
  | 'no-posix-shell'
  /** An argument or a path that cannot be passed on: it has a NUL byte in it. */
  | 'bad-argument'
  /** More output than the limit. */
  | 'too-much-output'
  /** A command did not end in time; whether it did its work is not known. */
  | 'timeout'
  /** The connection broke while a command ran; whether it did its work is not known. */
  | 'outcome-unknown'
  /** A recording has no answer to this question. */
  | 'not-recorded'
  /** The machine is no Linux. */
  | 'unsupported-system'
  | 'no-postfix'
  /** Another mail server has the machine's mail. */
  | 'other-mail-server'
  | 'postfix-stopped'
  /** An earlier apply waits to be confirmed. */
  | 'pending'
  /** There is nothing to confirm: it was confirmed, rolled back, or never was. */
  | 'not-pending'
  /** Postfix itself refused the new configuration. */
  | 'check-failed'
  /** Something the new configuration names is not there: a table, a key, a program. */
  | 'missing-file'
  /** A package could not be installed. */
  | 'package-failed'
  /** A step on the host failed; the message has what it said. */
  | 'step-failed';

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
