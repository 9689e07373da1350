import { isKnownIn, parameter, parameterNames } from '../catalogue/parameter.ts';
import { splitPerTransportName } from '../catalogue/per-transport.ts';
import { tableType } from '../catalogue/table-type.ts';
import { compareReleases, holdsSince, toVersion } from '../catalogue/version.ts';
import { wordsOf } from '../edit/list-layout.ts';
import { quote, type Issue } from './issue.ts';
import { isMadeForService, referencedByDefaults, type Scope } from './scope.ts';
import type { ServiceSettings, Setting } from './setting.ts';
import { didYouMean } from './suggestion.ts';

/** Says what is wrong with a setting's name, or with a name in its value. */
export type NameCheck = (setting: Setting) => { readonly at: 'name' | 'value'; readonly issue: Issue }[];

/** Unknown names that get a suggestion: each is compared with all of Postfix's. */
const MOST_SUGGESTIONS = 50;
const MOST_COMPARED = 1000;

/** Longest name that may be one of a database's: each beginning of it is tried. */
const LONGEST_PREFIXED = 200;

/** Parameters that each process sets for itself. */
const readOnly = new Set(['process_id', 'process_name', 'service_name']);

/** What the whole configuration refers to, collected once. */
interface Uses {
  /** Names after a `$`, in main.cf or in a service. */
  readonly referenced: ReadonlySet<string>;
  readonly byService: ReadonlyMap<ServiceSettings, ReadonlySet<string>>;
  /** Names that some service refers to and takes from main.cf. */
  readonly fromMain: ReadonlySet<string>;
  /** Beginnings of names that old-style database settings have: `ldap:accounts` reads `accounts_server_host`. */
  readonly databases: ReadonlySet<string>;
}

export function nameChecks(scope: Scope): NameCheck {
  const uses = collectUses(scope);
  const reported = new Set<string>();
  let known: ReadonlySet<string> | undefined;
  let suggestions = 0;
  const suggest = (name: string): string => {
    if (suggestions++ >= MOST_SUGGESTIONS) return '';
    known ??= new Set([
      ...parameterNames(scope.version),
      ...[...scope.effective.keys()].slice(0, MOST_COMPARED),
    ]);
    return didYouMean(name, known);
  };
  return (setting) => {
    const ofName = checkName(setting, scope, uses, suggest);
    const found = ofName ? [{ at: 'name' as const, issue: ofName }] : [];
    if (isRaw(setting.name, scope)) return found;
    return [
      ...found,
      ...checkReferences(setting, scope, reported, suggest).map((issue) => ({ at: 'value' as const, issue })),
    ];
  };
}

function isRaw(name: string, { version }: Scope): boolean {
  return parameter(name, version)?.type === 'raw';
}

function collectUses(scope: Scope): Uses {
  const referenced = new Set(referencedByDefaults(scope.versionText));
  const byService = new Map<ServiceSettings, Set<string>>();
  const fromMain = new Set<string>();
  const databases = new Set<string>();
  const collect = (setting: Setting, names: Set<string>): void => {
    collectDatabases(setting.value, databases);
    if (isRaw(setting.name, scope)) return;
    for (const { name } of scope.referencesOf(setting)) names.add(name);
  };
  for (const setting of scope.main) collect(setting, referenced);
  for (const service of scope.services ?? []) {
    const names = new Set<string>();
    for (const setting of service.settings) collect(setting, names);
    byService.set(service, names);
    for (const name of names) if (!service.overrides.has(name)) fromMain.add(name);
  }
  return { referenced, byService, fromMain, databases };
}

function collectDatabases(value: string, databases: Set<string>): void {
  if (!value.includes(':')) return;
  for (const word of wordsOf(value)) {
    const [, type = '', name = ''] = /^(?:proxy:)*(\w+):([^/.{][^/]*)$/.exec(word) ?? [];
    if (tableType(type)?.source === 'client') databases.add(name);
  }
}

function checkName(
  setting: Setting,
  scope: Scope,
  uses: Uses,
  suggest: (name: string) => string,
): Issue | undefined {
  const { name, service } = setting;
  if (readOnly.has(name) && parameter(name, scope.version)) {
    return {
      code: 'read-only-parameter',
      level: 'warning',
      message: `${name} is set by each program for itself, and this has no effect`,
      advice: 'Take it out.',
    };
  }
  if (name === 'config_directory') {
    return {
      code: 'read-only-parameter',
      level: 'note',
      message: 'config_directory comes from -c or MAIL_CONFIG: set here, it does not say where this file is',
      advice: 'Take it out, unless another file refers to it as $config_directory.',
    };
  }
  const info = parameter(name);
  if (info?.perTransport && !isUsed(setting, scope, uses)) return unusedPerTransport(setting, scope);
  if (info && isKnownIn(info, scope.version)) return deprecation(setting, scope);
  if (isUsed(setting, scope, uses)) return deprecation(setting, scope);
  if (info) return notInVersion(setting, scope);
  return {
    code: 'unused-parameter',
    level: 'warning',
    message: `nothing reads ${quote(name)}${service ? '' : mentionMaster(scope)}${suggest(name)}`,
    advice: 'Correct the name, refer to it as $name, or take it out.',
  };
}

function mentionMaster({ services }: Scope): string {
  return services ? '' : ' in main.cf, and master.cf was not given';
}

function isUsed(
  { name, service }: Setting,
  { classes }: Scope,
  { referenced, byService, fromMain, databases }: Uses,
): boolean {
  if (classes.has(name) || referenced.has(name)) return true;
  if (service ? byService.get(service)?.has(name) : fromMain.has(name)) return true;
  if (databases.size === 0 || name.length > LONGEST_PREFIXED) return false;
  for (let at = name.indexOf('_'); at > 0; at = name.indexOf('_', at + 1)) {
    if (databases.has(name.slice(0, at))) return true;
  }
  return false;
}

function unusedPerTransport({ name, service }: Setting, scope: Scope): Issue | undefined {
  const { transport, parameter: template } = splitPerTransportName(name)!;
  if (!holdsSince(template.since, scope.version)) {
    return tooNew(name, template.since, scope);
  }
  if (isMadeForService(name, scope) !== false || service) return undefined;
  const programs = template.suffix === 'time_limit' ? 'pipe(8) or spawn(8)' : 'a delivery program';
  return {
    code: 'unused-parameter',
    level: 'warning',
    message: `nothing reads ${quote(name)}: no service ${quote(transport)} of master.cf runs ${programs}${didYouMean(transport, scope.programs?.keys() ?? [])}`,
    advice: 'Correct the name of the transport, add the service, or take this out.',
  };
}

function tooNew(name: string, since: string, { versionText }: Scope): Issue {
  return {
    code: 'parameter-not-in-version',
    level: 'warning',
    message: `${name} came with Postfix ${since}, and ${versionText} does not read it`,
    advice: 'Take it out, or upgrade Postfix.',
  };
}

function notInVersion({ name }: Setting, scope: Scope): Issue {
  const { since, until, backports, deprecated } = parameter(name)!;
  const isGone = until !== undefined && compareReleases(scope.version, toVersion(until)) > 0;
  if (!isGone) return tooNew(name, [...backports, since].join(', '), scope);
  return {
    code: 'parameter-removed',
    level: 'warning',
    message: `${name} went away after Postfix ${until}, and nothing reads it`,
    advice: deprecated?.replacement ? `Set ${deprecated.replacement} instead.` : 'Take it out.',
  };
}

function deprecation({ name }: Setting, { version, versionText }: Scope): Issue | undefined {
  const deprecated = parameter(name)?.deprecated;
  if (!deprecated || !holdsSince(deprecated.since, version)) return undefined;
  const { since, replacement } = deprecated;
  return {
    code: 'deprecated-parameter',
    level: 'warning',
    message: `${name} is on its way out: Postfix warns about it since ${since}, and this is ${versionText}`,
    advice: replacement ? `Set ${replacement} instead.` : 'Take it out: the default is right.',
  };
}

function checkReferences(
  setting: Setting,
  scope: Scope,
  reported: Set<string>,
  suggest: (name: string) => string,
): Issue[] {
  const { service } = setting;
  const issues: Issue[] = [];
  for (const { name, offset, use } of scope.referencesOf(setting)) {
    if (scope.effective.has(name) || isDefinedByPostfix(name, scope)) continue;
    if (service ? service.overrides.has(name) : scope.setInServices.has(name)) continue;
    const file = service ? 'master.cf' : 'main.cf';
    if (reported.has(`${file} ${name}`)) continue;
    reported.add(`${file} ${name}`);
    issues.push({
      code: 'undefined-parameter',
      level: use === 'value' ? 'warning' : 'note',
      message: `nothing defines ${quote(name)}, so it is empty${suggest(name)}`,
      advice: 'Correct the name, or set it in main.cf.',
      start: offset,
      end: offset + name.length,
    });
  }
  return issues;
}

function isDefinedByPostfix(name: string, scope: Scope): boolean {
  const info = parameter(name, scope.version);
  if (info?.perTransport) return isMadeForService(name, scope) !== false;
  return info !== undefined || referencedByDefaults(scope.versionText).has(name);
}
