import { readFile, rename, writeFile } from 'node:fs/promises';
import type { PostfixHost } from '@postern/controller';
import type { FleetHost } from '@postern/fleet';
import { audit } from '@postern/hardening';

/** What one night found, as the history keeps it. */
export interface Night {
  /** ISO 8601. */
  readonly at: string;
  /** `rule file:line` of every finding, by host. */
  readonly findings: Readonly<Record<string, readonly string[]>>;
  /** Why a host could not be looked at. */
  readonly unreached: Readonly<Record<string, string>>;
}

/** What is different from the night before. A host that was not reached tonight or then has neither. */
export interface Difference {
  readonly appeared: readonly string[];
  readonly gone: readonly string[];
}

/** Looks at every host, so many at a time. One that cannot be reached does not keep the others waiting. */
export async function auditFleet(
  hosts: readonly FleetHost[],
  connect: (host: FleetHost) => Promise<PostfixHost>,
  lanes: number = 20,
): Promise<Night> {
  const findings: Record<string, readonly string[]> = {};
  const unreached: Record<string, string> = {};
  const rest = hosts.values();
  const lane = async (): Promise<void> => {
    for (const host of rest) {
      try {
        findings[host.name] = await auditHost(host, connect);
      } catch (error) {
        unreached[host.name] = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { at: new Date().toISOString(), findings, unreached };
}

async function auditHost(
  host: FleetHost,
  connect: (host: FleetHost) => Promise<PostfixHost>,
): Promise<string[]> {
  await using machine = await connect(host);
  const { files, version, directory } = await machine.readConfig();
  const { 'main.cf': main = '', 'master.cf': master = '' } = files;
  return audit({ main, master, version, directory }).map(({ rule, at }) =>
    at ? `${rule} ${at.file}:${at.line}` : rule,
  );
}

/** Lines move; what counts is which rule complains about which file of which host. */
export function compareNights(before: Night | undefined, now: Night): Difference {
  const both = Object.keys(now.findings).filter((host) => before?.findings[host]);
  const named = (night: Night | undefined): Set<string> =>
    new Set(
      both.flatMap((host) =>
        (night?.findings[host] ?? []).map((finding) => `${host}: ${finding.replace(/:\d+$/, '')}`),
      ),
    );
  const [then, tonight] = [named(before), named(now)];
  return {
    appeared: [...tonight].filter((each) => !then.has(each)),
    gone: [...then].filter((each) => !tonight.has(each)),
  };
}

/** The nights so far, the oldest first; none where there is no file yet. */
export async function readHistory(file: string): Promise<readonly Night[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as Night[];
}

/** Keeps a year, and never half of a file. */
export async function writeHistory(file: string, nights: readonly Night[]): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(nights.slice(-366))}\n`);
  await rename(`${file}.new`, file);
}
