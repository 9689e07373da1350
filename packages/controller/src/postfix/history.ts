import type { Change } from '@postern/plan';
import type { Host } from '../host/host.ts';
import { ask, fromBase64, line } from './ask.ts';

/** What a change on a host was, as the host keeps it. */
export interface ChangeRecord {
  /** Later ones sort after earlier ones. */
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  /** For a rollback: the change before which the host was put back. */
  readonly to?: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who asked for it: user and machine. */
  readonly by: string;
  readonly directory: string;
  /** In the order in which they were put in place. */
  readonly files: readonly RecordedChange[];
  /** `type:path` of tables that were compiled. */
  readonly tables: readonly string[];
  /** Kernel settings as they were before. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** The plan's changes with their reasons; secrets are masked. */
  readonly changes: readonly Change[];
}

export interface RecordedChange {
  readonly path: string;
  /** SHA-256 of what was there; null where nothing was. */
  readonly before: string | null;
  readonly removed: boolean;
}

/** A record and what became of it. */
export interface PastChange extends ChangeRecord {
  /** `confirmed`, `committed` (waits), `rolled-back`, or the phase in which it was cut short. */
  readonly phase: string;
}

/** The changes that a host remembers, the oldest first. */
export async function readHistory(host: Host, most: number = 50): Promise<PastChange[]> {
  const lines = await ask(host, 'history', line(String(most)));
  return lines.flatMap(([word, rest]) => {
    const [, , phase, record] = word === 'change' ? (/^(\S+) (\S+) (\S*)$/.exec(rest) ?? []) : [];
    if (!phase || !record) return [];
    return { ...(JSON.parse(fromBase64(record)) as ChangeRecord), phase };
  });
}

/** Where the host keeps a file as it was before a change, or as the change wrote it. */
export function keptFile(id: string, side: 'before' | 'after', index: number): string {
  return `/var/lib/postern/changes/${id}/${side}/${index + 1}`;
}
