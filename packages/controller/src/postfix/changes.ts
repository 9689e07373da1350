import {
  decodeText,
  encodeText,
  findParameter,
  parseMain,
  parseMaster,
  valueOf,
  findService,
} from '@postern/config';
import {
  applyPlan,
  isSecretFile,
  pathsOf,
  PlanError,
  redactPlan,
  type Change,
  type Files,
  type Plan,
} from '@postern/plan';
import { ControllerError } from '../error.ts';
import { refuseInvalid } from '../folder/validate.ts';
import { refuseWithoutPostfix, type Answers, type Question } from './facts.ts';
import { newNeeds } from './needs.ts';
import type { Host } from '../host/host.ts';

/** One file to be written or removed on the host. */
export interface FileChange {
  /** As the plan has it: relative to the configuration folder, or absolute. */
  readonly path: string;
  /** Null removes it. */
  readonly bytes: Uint8Array | null;
  /** Of what is there now; null where nothing is. */
  readonly before: string | null;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
}

/** What has to be done so that the host is as the plan says. */
export interface HostChanges {
  readonly files: readonly FileChange[];
  readonly sysctls: readonly { readonly key: string; readonly value: string }[];
  /** `type:path` of tables to compile. */
  readonly tables: readonly string[];
  readonly action: 'none' | 'reload' | 'restart' | 'start';
  readonly needs: readonly string[];
  readonly before: Files;
  readonly after: Files;
  /** The plan's changes as history may keep them: secrets masked. */
  readonly redacted: readonly Change[];
}

/** The kernel settings that plans have set, one a line; sysctl(8) reads it at boot. */
const sysctlFile = '/etc/sysctl.d/60-postern.conf';

/** Parameters that master(8) reads only when it starts. */
const readAtStart = ['inet_interfaces', 'inet_protocols', 'queue_directory', 'mail_owner', 'syslog_name'];

/** What to ask a host before a plan can be applied to it. */
export function questionFor(plan: Plan, directory: string | undefined): Question {
  const sysctls = plan.changes.filter((change) => change.type === 'set-sysctl').map(({ key }) => key);
  return {
    directory,
    mend: true,
    files: [
      ...new Set(['main.cf', 'master.cf', ...pathsOf(plan), ...(sysctls.length > 0 ? [sysctlFile] : [])]),
    ],
    sysctls: [...new Set(sysctls)],
    packages: packagesOf(plan),
    tables: tablesOf(plan).map(sourceOf),
  };
}

/** The names by which Debian and Red Hat have the plan's packages; the host knows which of them are its own. */
function packagesOf(plan: Plan): string[] {
  const names = plan.changes.flatMap((change) =>
    change.type === 'install-package' ? [change.name.debian ?? [], change.name.redhat ?? []].flat() : [],
  );
  return [...new Set(names)];
}

/** The packages that are wanted and not there. */
export function missingPackages(plan: Plan, { packageManager, packages }: Answers): string[] {
  const family = packageManager === 'dnf' ? 'redhat' : 'debian';
  const wanted = plan.changes.flatMap((change) =>
    change.type === 'install-package' ? (change.name[family] ?? []) : [],
  );
  return [...new Set(wanted)].filter((name) => !packages.has(name));
}

/**
 * Works out what a plan changes on a host, and refuses what Postfix would not survive.
 *
 * @throws ControllerError `plan-does-not-fit`, `invalid-configuration`, `postfix-stopped`, or why there is no Postfix
 */
export function changesFor(host: Host, plan: Plan, facts: Answers, installed: boolean): HostChanges {
  const version = refuseWithoutPostfix(host.name, facts);
  const before: Files = Object.fromEntries(
    [...facts.files].map(([path, { bytes }]) => [path, decodeText(bytes)]),
  );
  const after = { ...applied(host.name, before, plan), ...sysctlText(plan, facts, before) };
  const puts = new Map(
    plan.changes.filter((change) => change.type === 'put-file').map((put) => [put.path, put]),
  );
  const files: FileChange[] = [];
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = facts.files.get(path);
    const text = after[path];
    const put = puts.get(path);
    const base = { path, before: old?.sha256 ?? null };
    if (text === undefined) {
      if (old) files.push({ ...base, bytes: null });
      continue;
    }
    const bytes = encodeText(text);
    const mode = put?.mode ?? (old ? undefined : isSecretFile(path) ? 0o600 : 0o644);
    const isSame =
      old?.bytes.equals(bytes) &&
      (mode === undefined || mode === old.mode) &&
      (put?.owner === undefined || put.owner === old.owner || put.owner === String(old.uid)) &&
      (put?.group === undefined || put.group === old.group || put.group === String(old.gid));
    if (isSame) continue;
    files.push({
      ...base,
      bytes,
      ...(mode !== undefined && { mode }),
      ...(put?.owner !== undefined && { owner: put.owner }),
      ...(put?.group !== undefined && { group: put.group }),
    });
  }
  const touched = new Set(files.map(({ path }) => path));
  const tables = tablesOf(plan).filter(
    (table) => touched.has(sourceOf(table)) || !facts.freshTables.has(sourceOf(table)),
  );
  if (touched.size > 0) validateFor(host.name, facts.directory, before, after, version);
  return {
    files,
    sysctls: plan.changes
      .filter((change) => change.type === 'set-sysctl')
      .filter(({ key, value }) => !sameValue(facts.sysctls.get(key), value)),
    tables,
    action: actionFor(host.name, plan, facts, before, after, touched, installed),
    needs: newNeeds(before, after, facts.directory),
    before,
    after,
    redacted: redactPlan(plan, before).changes,
  };
}

function validateFor(name: string, directory: string, before: Files, after: Files, version: string): void {
  try {
    refuseInvalid(directory, before, after, version);
  } catch (error) {
    if (!(error instanceof ControllerError)) throw error;
    throw new ControllerError(error.code, `${name}: before the change: ${error.message}`, { cause: error });
  }
}

/** Whether there is nothing to do. */
export function isNothing({ files, sysctls, tables }: HostChanges): boolean {
  return files.length === 0 && sysctls.length === 0 && tables.length === 0;
}

function actionFor(
  name: string,
  plan: Plan,
  facts: Answers,
  before: Files,
  after: Files,
  touched: ReadonlySet<string>,
  installed: boolean,
): HostChanges['action'] {
  const actions = new Set(
    plan.changes.flatMap((change) => (change.type === 'postfix-action' ? change.action : [])),
  );
  if (facts.master === undefined) {
    // Also when an earlier run was cut short after it had installed what the plan wants.
    if (installed || packagesOf(plan).includes('postfix') || actions.has('restart')) return 'start';
    throw new ControllerError(
      'postfix-stopped',
      `${name}: before the change: Postfix is not running. Start it (postfix start) so that the change can be proved, or let the plan restart it.`,
    );
  }
  if (needsRestart(before, after) || actions.has('restart')) return 'restart';
  const isPostfix = [...touched].some(
    (path) => !path.startsWith('/') || path.startsWith(`${facts.directory}/`),
  );
  return isPostfix || actions.has('reload') ? 'reload' : 'none';
}

/** Whether something changed that master(8) reads only when it starts. */
export function needsRestart(before: Files, after: Files): boolean {
  const value = (files: Files, parameter: string): string | undefined => {
    const entry = findParameter(parseMain(files['main.cf'] ?? ''), parameter);
    return entry && valueOf(entry);
  };
  return readAtStart.some((parameter) => value(before, parameter) !== value(after, parameter));
}

function applied(name: string, before: Files, plan: Plan): Files {
  try {
    return applyPlan(before, plan);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const what = error.problems.map(({ at, message, advice }) => `${at}: ${message}; ${advice}`).join('\n');
    throw new ControllerError(
      'plan-does-not-fit',
      `${name}: the plan does not fit the files. Nothing was changed.\n${what}`,
      {
        cause: error,
      },
    );
  }
}

function sysctlText(plan: Plan, facts: Answers, before: Files): Files {
  const wanted = plan.changes.filter((change) => change.type === 'set-sysctl');
  if (wanted.length === 0) return {};
  const unknown = wanted.find(({ key }) => !facts.sysctls.has(key));
  if (unknown) {
    throw new ControllerError(
      'plan-does-not-fit',
      `the kernel has no setting ${unknown.key}. Take it out of the plan; in a container it is the host's.`,
    );
  }
  const lines = new Map(
    (before[sysctlFile] ?? '').split('\n').flatMap((text) => {
      const [key, ...value] = text.split('=');
      return value.length === 0 || text.startsWith('#')
        ? []
        : [[key!.trim(), value.join('=').trim()] as const];
    }),
  );
  for (const { key, value } of wanted) lines.set(key, value);
  const head = '# Kernel settings for the mail server, kept by postern.\n';
  return { [sysctlFile]: head + [...lines].map(([key, value]) => `${key} = ${value}\n`).join('') };
}

function sameValue(now: string | undefined, wanted: string): boolean {
  return now?.trim().replaceAll(/\s+/g, ' ') === wanted.trim().replaceAll(/\s+/g, ' ');
}

function tablesOf(plan: Plan): string[] {
  return [
    ...new Set(
      plan.changes.flatMap((change) =>
        change.type === 'postfix-action' && change.action === 'postmap' ? (change.table ?? []) : [],
      ),
    ),
  ];
}

export function sourceOf(table: string): string {
  return table.slice(table.indexOf(':') + 1);
}

/** The services of a master.cf that answer SMTP on a port. */
export function smtpServices(after: Files): { name: string; command: string; wrapped: boolean }[] {
  const master = parseMaster(after['master.cf'] ?? '');
  return master.entries.flatMap((entry) => {
    if (entry.type !== 'service' || entry.serviceType !== 'inet') return [];
    const found = findService(master, entry.name, 'inet');
    if (!found || !/\b(smtpd|postscreen)\b/.test(found.text)) return [];
    return {
      name: entry.name,
      command: /\bpostscreen\b/.test(found.text.split('\n')[0] ?? '') ? 'postscreen' : 'smtpd',
      wrapped: /smtpd_tls_wrappermode\s*=\s*yes/.test(found.text),
    };
  });
}
