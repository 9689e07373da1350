import { readFolder, type ConfigFolder } from '@postern/controller';
import { harden, type Configuration, type HardeningPlan } from '@postern/hardening';

/** What the road is walked on. */
export interface Subject {
  /** As commands name it: a folder or `ssh://…`. */
  readonly name: string;
  readonly folder: Pick<ConfigFolder, 'directory' | 'files' | 'fingerprints'>;
  readonly version: string;
  /** What else is so of it, a line each. */
  readonly facts?: readonly string[];
  /** Whether it resolves names by itself, as block lists want. */
  readonly ownResolver: boolean;
  /** How the road goes on, where it ends before the apply. */
  readonly next?: string;
}

/** A configuration folder of this machine. */
export async function readSubject(folder: string, version: string): Promise<Subject> {
  const read = await readFolder(folder);
  return { name: read.directory, folder: read, version, ownResolver: true };
}

export function configurationOf({ folder, version }: Subject): Configuration {
  const { files, directory } = folder;
  return { main: files['main.cf']!, master: files['master.cf'] ?? '', version, directory };
}

export function planFor(subject: Subject): HardeningPlan {
  return harden(configurationOf(subject), {
    profile: 'internet-mx',
    target: subject.name,
    ...(subject.ownResolver && { ownResolver: true }),
  });
}
