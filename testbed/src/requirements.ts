import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { describe, type SuiteFactory } from 'vitest';

/** Something a test needs of the machine: a program by name, or an ability of the kernel and the user. */
export type Requirement = 'root' | 'namespaces' | 'corpus' | (string & {});

const searchPath = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** The environment for servers and their tools: ours, with the sbin folders in its PATH. */
export const environment: NodeJS.ProcessEnv = { ...process.env, PATH: searchPath.join(delimiter) };

/** The folder of real configurations, if somebody put one beside the checkout. It is read, never committed. */
export const corpusDirectory: string =
  process.env['POSTERN_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');

/** Where a program is, by the PATH and the sbin folders that an ordinary user's PATH may lack. */
export function findProgram(name: string): string | undefined {
  return searchPath.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

let namespacesWork: boolean | undefined;

/** The first of the requirements that this machine does not meet, as a reason a person can act on. */
export function missing(...requirements: Requirement[]): string | undefined {
  for (const requirement of requirements) {
    if (requirement === 'root') {
      if (process.getuid?.() !== 0) return 'needs root';
    } else if (requirement === 'namespaces') {
      namespacesWork ??= spawnSync('unshare', ['-n', '-m', '-p', '-f', 'true']).status === 0;
      if (!namespacesWork) return 'the kernel does not let this user make namespaces';
    } else if (requirement === 'corpus') {
      if (!existsSync(join(corpusDirectory, 'index.json')))
        return 'no folder of real configurations (POSTERN_CORPUS)';
    } else if (!findProgram(requirement)) {
      return `${requirement} is not installed`;
    }
  }
  return undefined;
}

/**
 * A `describe` that runs only where its requirements are met; elsewhere each of its tests is skipped
 * by name, with the reason in the title.
 */
export function describeWith(requirements: readonly Requirement[], title: string, tests: SuiteFactory): void {
  const reason = missing(...requirements);
  if (reason) describe.skip(`${title} (skipped: ${reason})`, tests);
  else describe(title, tests);
}
