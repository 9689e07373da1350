import { ControllerError, type ControllerErrorCode } from '../error.ts';

interface Trouble {
  readonly code: ControllerErrorCode;
  readonly advice: string;
}

const onRead: Readonly<Record<string, Trouble>> = {
  EACCES: { code: 'unreadable', advice: 'Run as root, or as a user who may read it.' },
  EPERM: { code: 'unreadable', advice: 'Run as root, or as a user who may read it.' },
  ELOOP: { code: 'not-a-file', advice: 'Its symbolic links go in a circle; put the file itself in place.' },
};

const onWrite: Readonly<Record<string, Trouble>> = {
  ENOSPC: { code: 'no-space', advice: 'Free some space on that file system, then apply again.' },
  EDQUOT: { code: 'no-space', advice: 'The disk quota is used up; free some space, then apply again.' },
  EROFS: { code: 'read-only', advice: 'Mount the file system for writing, then apply again.' },
  EACCES: { code: 'permission-denied', advice: 'Run as root, or as the owner of the folder.' },
  EPERM: {
    code: 'permission-denied',
    advice: 'Run as root; if you do, an attribute forbids the change (see lsattr; chattr -i takes it away).',
  },
  EBUSY: {
    code: 'write-failed',
    advice: 'It is a mount point of its own; mount the folder instead, so that its files can be replaced.',
  },
};

/** The error for a read that failed: what could not be read, why, and what to do. */
export function readTrouble(path: string, error: unknown): ControllerError {
  const { code, advice } = onRead[errno(error)] ?? {
    code: 'unreadable' as const,
    advice: 'Look at the file system.',
  };
  return new ControllerError(code, `${path}: cannot be read (${reason(error)}). ${advice}`, { cause: error });
}

/** The error for a write that failed; `state` says what the folder is like now. */
export function writeTrouble(
  path: string,
  error: unknown,
  state: string = 'Nothing was changed.',
): ControllerError {
  if (error instanceof ControllerError) return error;
  const known = onWrite[errno(error)];
  const { code, advice } = known ?? {
    code: 'write-failed' as const,
    advice: 'Look at the file system, then apply again.',
  };
  return new ControllerError(code, `${path}: cannot be written (${reason(error)}). ${state} ${advice}`, {
    cause: error,
  });
}

export function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^(E\w+): ([^,]*),.*$/s, '$2') : String(error);
}
