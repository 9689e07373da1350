import {
  bareTableCheck,
  restriction,
  restrictionNames,
  speaksIn,
  type RestrictionInfo,
  type RestrictionList,
} from '../catalogue/restriction.ts';
import { holdsSince, type Version } from '../catalogue/version.ts';
import { locateWords } from '../edit/list-layout.ts';
import { MOST_ISSUES, quote, type Issue } from './issue.ts';
import { didYouMean } from './suggestion.ts';
import { checkTable } from './table.ts';

/** What surrounds a restriction list. */
export interface RestrictionScope {
  readonly version: Version;
  readonly versionText: string;
  /** The names in smtpd_restriction_classes, each a list of its own. */
  readonly classes: ReadonlySet<string>;
  readonly delayReject: boolean;
  /** Undefined in a restriction class, which may be used in any list. */
  readonly list: RestrictionList | undefined;
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What ends a list for good. @see smtpd_check.c, generic_checks */
const finals = new Set(['permit', 'reject', 'defer']);

/** @see smtpd_check.c: an unknown restriction is found when a client comes, and answered with 451 */
export function checkRestrictions(text: string, scope: RestrictionScope): Issue[] {
  const words = locateWords(text);
  const issues: Issue[] = [];
  let final: Word | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (issues.length >= MOST_ISSUES) break;
    if (final) {
      issues.push(neverReached(word, final));
      break;
    }
    if (word.text.includes(':')) {
      issues.push(...checkBareTable(word, scope));
      continue;
    }
    const info = restriction(word.text);
    if (!info) {
      if (!scope.classes.has(word.text)) issues.push(unknown(word, scope));
      continue;
    }
    issues.push(...checkKnown(info, word, scope));
    if (info.argument) issues.push(...checkArgument(info, words[++at], word, scope));
    const warned = words[at - 1]?.text.toLowerCase() === 'warn_if_reject';
    if (finals.has(info.name) && !(warned && info.name !== 'permit')) final = word;
  }
  return issues;
}

function neverReached({ text, start, end }: Word, final: Word): Issue {
  return {
    code: 'restriction-never-reached',
    level: 'warning',
    message: `nothing behind ${final.text} is ever asked, from ${quote(text)} on`,
    advice: `Move ${final.text} to the end of the list, or take out what follows.`,
    start,
    end,
  };
}

function checkBareTable({ text, start, end }: Word, { list, version }: RestrictionScope): Issue[] {
  const check = list && bareTableCheck(list);
  if (list && !check) {
    return [
      {
        code: 'bare-table-in-restrictions',
        level: 'error',
        message: `${list} does not say what ${quote(text)} is looked up with: mail is answered with 451`,
        advice: 'Write the check before it, for example check_client_access or check_recipient_access.',
        start,
        end,
      },
    ];
  }
  return checkTable(text, start, version);
}

function unknown({ text, start, end }: Word, { version, classes }: RestrictionScope): Issue {
  const hint = didYouMean(text, [...restrictionNames(version), ...classes]);
  return {
    code: 'unknown-restriction',
    level: 'error',
    message: `${quote(text)} is no restriction${hint || ', and smtpd_restriction_classes does not name it'}`,
    advice:
      'Correct it: smtpd(8) answers with 451 as soon as it comes to it, and "postfix check" does not see it.',
    start,
    end,
  };
}

function checkKnown(info: RestrictionInfo, { start, end }: Word, scope: RestrictionScope): Issue[] {
  const { name } = info;
  const at = { start, end };
  const { version, versionText } = scope;
  if (info.build) {
    return [
      {
        code: 'restriction-not-built-in',
        level: 'error',
        message: `${name} is only in builds with ${info.build}, and unknown to all others: mail is answered with 451`,
        advice: 'Use reject_unknown_client_hostname or reject_unknown_reverse_client_hostname.',
        ...at,
      },
    ];
  }
  if (!restriction(name, version)) {
    const isGone = info.until !== undefined && holdsSince(info.since, version);
    const { replacement } = info.deprecated ?? {};
    return [
      {
        code: 'restriction-not-in-version',
        level: 'error',
        message: isGone
          ? `Postfix ${versionText} no longer has ${name}`
          : `${name} needs Postfix ${info.since}, and this is ${versionText}`,
        advice: replacement ? `Write ${replacement}.` : 'Take it out: mail is answered with 451.',
        ...at,
      },
    ];
  }
  const issues: Issue[] = [];
  if (info.deprecated && holdsSince('2.3', version)) {
    const { since, replacement } = info.deprecated;
    issues.push({
      code: 'deprecated-restriction',
      level: holdsSince(since, version) ? 'warning' : 'note',
      message: `${name} is an old name${holdsSince(since, version) ? ', and Postfix warns about it' : ''}`,
      advice: `Write ${replacement}.`,
      ...at,
    });
  }
  if (scope.list && !speaksIn(info, scope.list, scope)) {
    issues.push({
      code: 'restriction-without-data',
      level: 'warning',
      message: `${name} says nothing in ${scope.list}: the ${info.needs === 'etrn' ? 'ETRN domain' : info.needs} is not known there`,
      advice: scope.delayReject
        ? 'Move it to a list of a later stage.'
        : 'Move it to a later list, or set smtpd_delay_reject = yes.',
      ...at,
    });
  }
  return issues;
}

function checkArgument(
  info: RestrictionInfo,
  argument: Word | undefined,
  word: Word,
  { version }: RestrictionScope,
): Issue[] {
  const fault = argumentFault(info, argument, version);
  if (!fault)
    return argument && info.argument === 'table' ? checkTable(argument.text, argument.start, version) : [];
  const { start, end } = argument ?? word;
  return [
    {
      code: 'bad-restriction-argument',
      level: 'error',
      message: `${info.name} must be followed by ${fault}`,
      advice: argument ? `${quote(argument.text)} is none.` : 'Add it.',
      start,
      end,
    },
  ];
}

function argumentFault(
  { argument }: RestrictionInfo,
  word: Word | undefined,
  version: Version,
): string | undefined {
  const text = word?.text;
  if (argument === 'table') return text?.includes(':') ? undefined : 'a table, type:name';
  if (argument === 'seconds')
    return text !== undefined && /^\d{1,9}$/.test(text) ? undefined : 'a number of seconds';
  if (argument === 'list-domain') {
    return text !== undefined && !text.includes(':') && !restriction(text, version)
      ? undefined
      : "a list's domain";
  }
  const server = text?.startsWith('{') ? locateWords(text.slice(1, -1))[0]?.text : text;
  return server?.includes(':') ? undefined : 'a server, such as unix:private/policy or inet:127.0.0.1:10023';
}
