import { decodeText } from '@postern/config';
import type { Files, Plan } from '@postern/plan';
import { ControllerError } from '../error.ts';
import type { Fingerprint } from '../folder/fingerprint.ts';
import type { Host } from '../host/host.ts';
import { localMachine, type LocalOptions } from '../host/local.ts';
import { recordedMachine } from '../host/recorded.ts';
import { queueOf, type HostQueue } from '../queue/queue.ts';
import { connectSsh, type SshOptions } from '../ssh/connect.ts';
import { applyPlanToHost, type HostApply, type HostApplyOptions } from './apply.ts';
import { ask, first, line } from './ask.ts';
import { readFacts, refuseWithoutPostfix, type Answers, type HostFacts } from './facts.ts';
import { readHistory, type PastChange } from './history.ts';
import { rollBackHost, type HostRollbackOptions } from './rollback.ts';
import { hostStatus, type HostStatus } from './status.ts';

/** A machine and the Postfix on it. */
export interface PostfixHost extends Host {
  /**
   * Reads the configuration as `readFolder` reads one of this machine. `include` names further files; `tables` those
   * that are left out where they are too large or no ordinary files.
   */
  readConfig(options?: {
    readonly include?: readonly string[];
    readonly tables?: readonly string[];
  }): Promise<HostConfig>;
  /** What is so on the host: system, version, process, a change that waits. */
  probe(): Promise<HostFacts>;
  /**
   * Applies a plan so that it cannot lock the mail out.
   *
   * Under a lock on the host: looks whether the files are still what the plan was made from, lays the new ones out beside
   * them, validates them (ours, then Postfix's own on the copy), writes a journal, starts a watchdog on the host, renames,
   * compiles tables, tells Postfix. Then it speaks SMTP with every service, reads the log since, and confirms or rolls back. Whatever fails or
   * breaks, the host ends with all of the old or all of the new files.
   *
   * @throws ControllerError with host, step, and what to do
   */
  apply(plan: Plan, options?: HostApplyOptions): Promise<HostApply>;
  /** Confirms a change that waits; by default the one that does. @throws ControllerError `not-pending` */
  confirm(id?: string): Promise<{ readonly id: string }>;
  /** Undoes the change that waits, or puts everything back to before an earlier one. */
  rollback(id?: string, options?: HostRollbackOptions): ReturnType<typeof rollBackHost>;
  status(options?: { readonly minutes?: number }): Promise<HostStatus>;
  history(): Promise<readonly PastChange[]>;
  /** Its queue: lists, counts, holds, releases, deletes, sorts a melt-down, follows a message. */
  readonly queue: HostQueue;
}

/** A host's configuration as it was read; the shape of `ConfigFolder`, with what else is known by then. */
export interface HostConfig {
  readonly directory: string;
  readonly version: string;
  readonly files: Files;
  readonly fingerprints: Readonly<Record<string, Fingerprint>>;
}

export interface ConnectOptions extends SshOptions {
  /** The configuration folder of one of several instances; by default what `postconf` says. */
  readonly directory?: string;
}

/** Logs in to a host by SSH. @throws ControllerError with the host, the step and what to do */
export async function connect(options: ConnectOptions): Promise<PostfixHost> {
  return postfixHost(await connectSsh(options), options.directory);
}

/** The Postfix of this machine. */
export function localHost(options: LocalOptions & { readonly directory?: string } = {}): PostfixHost {
  return postfixHost(localMachine(options), options.directory);
}

/** What was recorded of a host (see `recording`), to read from without reaching it. */
export function recordedHost(folder: string, options: { readonly directory?: string } = {}): PostfixHost {
  return postfixHost(recordedMachine(folder), options.directory);
}

/** The Postfix on any machine that commands run on. */
export function postfixHost(machine: Host, directory?: string): PostfixHost {
  /** All that the host said when a configuration was read: who applies a plan that was made from it asks nothing twice. */
  const readings = new WeakMap<object, Answers>();
  return {
    ...machine,
    async readConfig({ include = [], tables = [] } = {}) {
      const facts = await readFacts(machine, {
        directory,
        files: ['main.cf', 'master.cf', ...include],
        readable: tables,
      });
      const version = refuseWithoutPostfix(machine.name, facts);
      const files = [...facts.files];
      if (!facts.files.has('main.cf')) {
        throw new ControllerError('no-such-file', `${machine.name}: ${facts.directory} has no main.cf.`);
      }
      const config: HostConfig = {
        directory: facts.directory,
        version,
        files: Object.fromEntries(files.map(([path, { bytes }]) => [path, decodeText(bytes)])),
        fingerprints: Object.fromEntries(
          files.map(([path, { sha256, bytes, mode, uid, gid, modified }]) => [
            path,
            { sha256, size: bytes.length, mode, uid, gid, mtime: `${modified}000000000` },
          ]),
        ),
      };
      readings.set(config, facts);
      return config;
    },
    async probe() {
      const {
        files: _,
        sysctls: __,
        packages: ___,
        freshTables: ____,
        unfinished: _____,
        ...facts
      } = await readFacts(machine, { directory });
      return facts;
    },
    apply: (plan, options) =>
      applyPlanToHost(machine, directory, plan, options, options?.basedOn && readings.get(options.basedOn)),
    async confirm(id) {
      const pending = id ?? (await readFacts(machine, { directory })).pending?.id;
      if (pending === undefined) {
        throw new ControllerError('not-pending', `${machine.name}: no change waits to be confirmed.`);
      }
      const lines = await ask(machine, 'settle', [pending, 'keep', ''].map(line).join(''));
      return { id: first(lines, 'confirmed') ?? pending };
    },
    rollback: (id, options) => rollBackHost(machine, directory, id, options),
    status: (options) => hostStatus(machine, directory, options),
    history: () => readHistory(machine),
    queue: queueOf(machine, directory),
  };
}
