import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** What a file is, without its text: enough to tell whether somebody changed it. */
export interface Fingerprint {
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970, in decimal. */
  readonly mtime: string;
}

export function fingerprint(bytes: Uint8Array, stats: BigIntStats): Fingerprint {
  return {
    sha256: sha256(bytes),
    size: bytes.length,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
  };
}

/** The hash of a file's bytes, hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether two states of a file are the same to Postfix: bytes, mode and owner. Null is no file. */
export function isSame(a: Fingerprint | null, b: Fingerprint | null): boolean {
  if (a === null || b === null) return a === b;
  return a.sha256 === b.sha256 && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}
