import type { Service, ServiceType } from '@postern/config';

/** Why a change is made. */
export interface Reason {
  /** One or two sentences to the admin who will read the diff. */
  readonly why: string;
  /** Where it is written down: postconf(5) entry, RFC section, README, measurement. */
  readonly source: string;
  /** The Postfix versions it applies to, for example `>=3.9` or `all`. */
  readonly versions: string;
}

/** One step from what a host is to what it should be. Plain JSON data. */
export type Change =
  | SetParameter
  | RemoveParameter
  | PutService
  | RemoveService
  | SetServiceOption
  | PutFile
  | RemoveFile
  | SetSysctl
  | InstallPackage
  | PostfixAction;

/** What every change says about itself. */
export interface Explained {
  readonly because: Reason;
  /** The reasons of equal changes that were merged into this one. */
  readonly also?: readonly Reason[];
}

/** Sets a main.cf parameter, as it would be written after the `=`. */
export interface SetParameter extends Explained {
  readonly type: 'set-parameter';
  readonly name: string;
  /** May go over several lines; each after the first then starts with white space. */
  readonly value: string;
}

/** Takes a parameter out of main.cf, so that its default holds. */
export interface RemoveParameter extends Explained {
  readonly type: 'remove-parameter';
  readonly name: string;
}

/** Adds a service to master.cf, or makes the existing one of that name and type be so. */
export interface PutService extends Explained {
  readonly type: 'put-service';
  readonly service: Service;
}

export interface RemoveService extends Explained {
  readonly type: 'remove-service';
  readonly name: string;
  readonly serviceType: ServiceType;
}

/** Sets (or with null takes out) a `-o name=value` of one service. */
export interface SetServiceOption extends Explained {
  readonly type: 'set-service-option';
  readonly name: string;
  readonly serviceType: ServiceType;
  readonly option: string;
  readonly value: string | null;
}

/** Writes a whole file; `path` is absolute, or relative to the configuration folder. */
export interface PutFile extends Explained {
  readonly type: 'put-file';
  readonly path: string;
  readonly content: string;
  /** Permission bits, for example 0o644. */
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
}

/** Deletes a file; it is no error when there is none. */
export interface RemoveFile extends Explained {
  readonly type: 'remove-file';
  readonly path: string;
}

export interface SetSysctl extends Explained {
  readonly type: 'set-sysctl';
  /** Dotted, for example `net.core.somaxconn`. */
  readonly key: string;
  readonly value: string;
}

export interface InstallPackage extends Explained {
  readonly type: 'install-package';
  /** The package's name by family of distributions. */
  readonly name: { readonly debian?: string; readonly redhat?: string };
}

/** Something Postfix must be told after the files have changed. */
export interface PostfixAction extends Explained {
  readonly type: 'postfix-action';
  readonly action: 'reload' | 'restart' | 'postmap' | 'newaliases';
  /** For postmap: `type:path`. */
  readonly table?: string;
}

/** Every reason of a change, the first first. */
export function reasonsOf(change: Explained): readonly Reason[] {
  return [change.because, ...(change.also ?? [])];
}
