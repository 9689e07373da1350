import { parameter, type ParameterInfo } from '../catalogue/parameter.ts';
import { restrictionLists, type RestrictionList } from '../catalogue/restriction.ts';
import { holdsSince } from '../catalogue/version.ts';
import { locateWords } from '../edit/list-layout.ts';
import type { Issue } from './issue.ts';
import { checkDomains, checkNetworks } from './pattern-list.ts';
import { checkRestrictions } from './restriction-list.ts';
import {
  checkBoolean,
  checkCompatibilityLevel,
  checkEnum,
  checkEnumList,
  checkInteger,
  checkProtocols,
  checkTime,
} from './scalar.ts';
import type { Scope } from './scope.ts';
import type { Setting } from './setting.ts';
import { checkTable, checkTables } from './table.ts';

/** What is wrong with a value, by what its parameter means. `text` is the value expanded. */
export function checkValue(setting: Setting, text: string, scope: Scope): Issue[] {
  const info = parameter(setting.name, scope.version);
  const issues = info ? checkKind(info, text, setting, scope) : checkClass(setting, text, scope);
  const comment = setting.value.includes('#') ? commentInValue(info, setting.value) : undefined;
  return comment ? [...issues, comment] : issues;
}

function checkKind(info: ParameterInfo, text: string, setting: Setting, scope: Scope): Issue[] {
  const { version } = scope;
  switch (info.kind) {
    case 'boolean':
      return checkBoolean(info, text);
    case 'integer':
      return checkInteger(info, text);
    case 'time':
      // Before 3.4 postscreen read its command time limit itself.
      return info.type === 'raw' ? [] : checkTime(info, text);
    case 'enum':
      return checkEnum(info, text, version);
    case 'enum-list':
      return checkEnumList(info, text, version);
    case 'level':
      return checkCompatibilityLevel(info, text);
    case 'loglevel':
      return info.type === 'integer' ? checkInteger(info, text) : [];
    case 'protocols':
      return checkProtocols(info, text, holdsSince('3.6', version));
    case 'tables':
    case 'databases':
      return checkTables(text, version);
    case 'table':
      return text === '' || text === 'none' ? [] : checkTable(text, 0, version);
    case 'networks':
      return checkNetworks(text, version);
    case 'domains':
      return checkDomains(text, version);
    case 'restrictions':
      return isRestrictionList(info.name)
        ? checkRestrictions(text, restrictionScope(info.name, setting, scope))
        : [];
    default:
      return [];
  }
}

function isRestrictionList(name: string): name is RestrictionList {
  return (restrictionLists as readonly string[]).includes(name);
}

function checkClass(setting: Setting, text: string, scope: Scope): Issue[] {
  return scope.classes.has(setting.name)
    ? checkRestrictions(text, restrictionScope(undefined, setting, scope))
    : [];
}

function restrictionScope(
  list: RestrictionList | undefined,
  { service }: Setting,
  { version, versionText, classes, valueOf }: Scope,
): Parameters<typeof checkRestrictions>[1] {
  const delayReject = valueOf('smtpd_delay_reject', service)?.toLowerCase() !== 'no';
  return { list, version, versionText, classes, delayReject };
}

const freeText: ReadonlySet<string> = new Set(['text', 'command', 'string']);

/** There are no comments behind a value: what looks like one is part of it. */
function commentInValue(info: ParameterInfo | undefined, value: string): Issue | undefined {
  if (!info || freeText.has(info.kind)) return undefined;
  const mark = locateWords(value).find(({ text, start }) => text.startsWith('#') && start > 0);
  if (!mark) return undefined;
  return {
    code: 'comment-in-value',
    level: 'warning',
    message: `what follows "#" is part of the value of ${info.name}, not a comment`,
    advice: 'Put the comment on a line of its own, above.',
    start: mark.start,
    end: value.length,
  };
}
