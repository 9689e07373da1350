import type { ServiceType } from '../syntax/service-fields.ts';
import { satisfies, type Version } from './version.ts';

/** What is known about a transport type of master.cf's second column. @see master(5) */
export interface ServiceTypeInfo {
  readonly name: ServiceType;
  readonly since: string;
  /** What the first column names. */
  readonly endpoint: 'host and port' | 'socket in the queue directory';
  /** Whether the `private` column may be `y` or `-`: an internet socket cannot be private. */
  readonly mayBePrivate: boolean;
}

const types: readonly ServiceTypeInfo[] = [
  { name: 'inet', since: '2.0', endpoint: 'host and port', mayBePrivate: false },
  { name: 'unix', since: '2.0', endpoint: 'socket in the queue directory', mayBePrivate: true },
  { name: 'fifo', since: '2.0', endpoint: 'socket in the queue directory', mayBePrivate: true },
  { name: 'pass', since: '2.5', endpoint: 'socket in the queue directory', mayBePrivate: true },
  { name: 'unix-dgram', since: '3.4', endpoint: 'socket in the queue directory', mayBePrivate: true },
];

/** What is known about a service type; undefined for a name that no release has. */
export function serviceType(name: string): ServiceTypeInfo | undefined {
  return types.find((type) => type.name === name);
}

/** All service types, or those of a release. */
export function serviceTypes(version?: string | Version): readonly ServiceTypeInfo[] {
  return version === undefined ? types : types.filter(({ since }) => satisfies(version, `>=${since}`));
}
