import { readFile } from 'node:fs/promises';
import { decodeText } from '@postern/config';
import { findSecretFiles, maskSecrets } from '@postern/plan';
import type { Fingerprint } from './fingerprint.ts';
import { readFolderFile } from './folder-file.ts';
import { copyOf, readHistory, type ApplyRecord } from './history.ts';
import { readJournal, summarise, type Interrupted } from './journal.ts';
import { resolveFolder } from './paths.ts';
import { defaultLimit } from './read-folder.ts';

/** A file that is not as the last apply or rollback left it. */
export interface Drift {
  readonly path: string;
  /** What is different now. */
  readonly what: readonly ('content' | 'mode' | 'owner' | 'missing' | 'new')[];
  /** When the file was last written, ISO 8601; absent when it is missing. */
  readonly changedAt?: string;
  /** As it was left, and as it is, where the text differs and both are known. */
  readonly left?: string;
  readonly now?: string;
}

export interface FolderStatus {
  readonly directory: string;
  /** The oldest first. */
  readonly history: readonly ApplyRecord[];
  readonly last?: ApplyRecord;
  readonly drift: readonly Drift[];
  readonly interrupted?: Interrupted;
}

/**
 * What was applied to a folder, and what differs from it by now. Nothing is written.
 *
 * @throws ControllerError as `readFolder` does, and `damaged-history`
 */
export async function folderStatus(
  directory: string,
  { limit = defaultLimit }: { readonly limit?: number } = {},
): Promise<FolderStatus> {
  const folder = await resolveFolder(directory);
  const journal = await readJournal(folder);
  const history = await readHistory(folder, journal?.id);
  const drift: Drift[] = [];
  // A report goes to people and logs: what is secret by the files as they are now is masked in it.
  const settings: Record<string, string> = {};
  for (const name of ['main.cf', 'master.cf']) {
    const file = await readFolderFile(folder, name, limit);
    if (file) settings[name] = decodeText(file.bytes);
  }
  const secret = findSecretFiles(settings);
  for (const [path, { id, state }] of lastSeen(history)) {
    const now = await readFolderFile(folder, path, limit);
    const what = differences(state, now?.fingerprint ?? null);
    if (what.length === 0) continue;
    const changed = now && {
      changedAt: new Date(Number(BigInt(now.fingerprint.mtime) / 1_000_000n)).toISOString(),
    };
    const left = what.includes('content')
      ? await readFile(copyOf(folder, id, 'after', path)).catch(() => undefined)
      : undefined;
    drift.push({
      path,
      what,
      ...changed,
      ...(left && now && { left: shown(path, left, secret), now: shown(path, now.bytes, secret) }),
    });
  }
  const last = history.at(-1);
  return {
    directory: folder,
    history,
    ...(last && { last }),
    drift,
    ...(journal && { interrupted: summarise(journal) }),
  };
}

function shown(path: string, bytes: Uint8Array, secret: ReadonlySet<string>): string {
  return maskSecrets({ [path]: decodeText(bytes) }, secret)[path]!;
}

/** How each file was left by the latest record that wrote it or saw it. */
function lastSeen(history: readonly ApplyRecord[]): Map<string, { id: string; state: Fingerprint | null }> {
  const seen = new Map<string, { id: string; state: Fingerprint | null }>();
  for (const { id, files, seen: untouched } of history) {
    for (const [path, state] of Object.entries(untouched)) {
      if (seen.get(path)?.state?.sha256 !== state.sha256) seen.set(path, { id, state });
    }
    for (const { path, after } of files) seen.set(path, { id, state: after });
  }
  return seen;
}

function differences(left: Fingerprint | null, now: Fingerprint | null): Drift['what'] {
  if (left === null) return now === null ? [] : ['new'];
  if (now === null) return ['missing'];
  return [
    ...(left.sha256 === now.sha256 ? [] : ['content' as const]),
    ...(left.mode === now.mode ? [] : ['mode' as const]),
    ...(left.uid === now.uid && left.gid === now.gid ? [] : ['owner' as const]),
  ];
}
