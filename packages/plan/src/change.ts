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
  | SetSysctl
  | InstallPackage
  | PostfixAction;

/** Sets a main.cf parameter, as it would be written after the `=`. */
export interface SetParameter {
  readonly type: 'set-parameter';
  readonly name: string;
  readonly value: string;
  readonly because: Reason;
}

/** Takes a parameter out of main.cf, so that its default holds. */
export interface RemoveParameter {
  readonly type: 'remove-parameter';
  readonly name: string;
  readonly because: Reason;
}

/** Adds a service to master.cf, or makes the existing one of that name and type be so. */
export interface PutService {
  readonly type: 'put-service';
  readonly service: Service;
  readonly because: Reason;
}

export interface RemoveService {
  readonly type: 'remove-service';
  readonly name: string;
  readonly serviceType: ServiceType;
  readonly because: Reason;
}

/** Sets (or with null takes out) a `-o name=value` of one service. */
export interface SetServiceOption {
  readonly type: 'set-service-option';
  readonly name: string;
  readonly serviceType: ServiceType;
  readonly option: string;
  readonly value: string | null;
  readonly because: Reason;
}

/** Writes a whole file; `path` is absolute, or relative to the configuration folder. */
export interface PutFile {
  readonly type: 'put-file';
  readonly path: string;
  readonly content: string;
  /** Permission bits, for example 0o644. */
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  readonly because: Reason;
}

export interface SetSysctl {
  readonly type: 'set-sysctl';
  /** Dotted, for example `net.core.somaxconn`. */
  readonly key: string;
  readonly value: string;
  readonly because: Reason;
}

export interface InstallPackage {
  readonly type: 'install-package';
  /** The package's name by family of distributions. */
  readonly name: { readonly debian?: string; readonly redhat?: string };
  readonly because: Reason;
}

/** Something Postfix must be told after the files have changed. */
export interface PostfixAction {
  readonly type: 'postfix-action';
  readonly action: 'reload' | 'restart' | 'postmap' | 'newaliases';
  /** For postmap: `type:path`. */
  readonly table?: string;
  readonly because: Reason;
}
