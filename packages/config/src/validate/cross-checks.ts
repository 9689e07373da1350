import { defaultOf } from '../catalogue/parameter.ts';
import { compareReleases, holdsSince, toVersion } from '../catalogue/version.ts';
import { referencesOf } from '../expand/references.ts';
import { wordsOf } from '../edit/list-layout.ts';
import { MOST_ISSUES, quote, type Issue } from './issue.ts';
import type { Scope } from './scope.ts';
import type { ServiceSettings } from './setting.ts';

/** A problem of several settings: it stands at the first of the names that is set, in the service or in main.cf. */
export interface CrossIssue {
  readonly issue: Issue;
  readonly names: readonly string[];
  readonly service?: ServiceSettings;
}

/** What makes a program stop although each setting is right for itself, and postconf says nothing. */
export function crossChecks(scope: Scope): CrossIssue[] {
  return [...classesWithoutList(scope), ...relayControl(scope), ...sizeLimits(scope)];
}

/** @see smtpd_check.c: a class in smtpd_restriction_classes must be set, and not be empty */
function classesWithoutList({ classes, effective, setInServices }: Scope): CrossIssue[] {
  const missing = [...classes].filter((name) => !effective.get(name)?.value && !setInServices.has(name));
  return missing.slice(0, MOST_ISSUES).map((name) => ({
    issue: {
      code: 'class-without-list',
      level: 'error',
      message: `smtpd(8) does not start: the restriction class ${quote(name)} has no list`,
      advice: `Set ${name} to its restrictions, or take it out of smtpd_restriction_classes.`,
    },
    names: ['smtpd_restriction_classes'],
  }));
}

/**
 * smtpd(8) does not start unless one of its lists turns strangers' mail to strangers away.
 *
 * @see smtpd_check.c, smtpd_check_init and fail_required
 */
function relayControl(scope: Scope): CrossIssue[] {
  const lists = holdsSince('2.10', scope.version)
    ? (['smtpd_relay_restrictions', 'smtpd_recipient_restrictions'] as const)
    : (['smtpd_recipient_restrictions'] as const);
  const isClosed = (service?: ServiceSettings): boolean =>
    lists.some((list) => turnsStrangersAway(scope.valueOf(list, service), scope, service));
  const servers = scope.services?.filter(({ fields }) => fields[7]?.text === 'smtpd');
  const behind = namesBehind(lists, scope);
  const own =
    servers?.filter(({ overrides }) => [...overrides.keys()].some((name) => behind.has(name))) ?? [];
  const found: CrossIssue[] = [];
  if ((servers === undefined || servers.length > own.length) && !isClosed()) {
    const isDefault = lists.length > 1 && !lists.some((list) => scope.effective.has(list));
    found.push({ issue: noRelayControl(lists, 'smtpd(8)', isDefault), names: lists });
  }
  for (const service of own.slice(0, MOST_ISSUES)) {
    if (isClosed(service)) continue;
    found.push({ issue: noRelayControl(lists, `smtpd(8) of ${service.entry.name}`), names: lists, service });
  }
  return found;
}

/** The names whose values make up some lists: their own, the classes, and what their texts refer to. */
function namesBehind(lists: readonly string[], scope: Scope): ReadonlySet<string> {
  const names = new Set([...lists, ...scope.classes]);
  // A set is walked through with what is added on the way.
  for (const name of names) {
    const text = scope.effective.get(name)?.value ?? defaultOf(name, scope.versionText) ?? '';
    for (const reference of referencesOf(text, scope.versionText).references) names.add(reference.name);
  }
  return names;
}

function noRelayControl(lists: readonly string[], program: string, isDefault = false): Issue {
  return {
    code: 'no-relay-control',
    level: 'error',
    message: `${program} does not start: ${lists.join(' and ')} let strangers relay`,
    advice: `Put reject_unauth_destination into ${lists[0]}${isDefault ? ', or set compatibility_level: without it nothing is in there' : ''}.`,
  };
}

/** Classes in classes that are followed; smtpd(8) follows all. */
const DEEPEST_CLASS = 100;

function turnsStrangersAway(
  text: string | undefined,
  scope: Scope,
  service: ServiceSettings | undefined,
): boolean {
  const enough = new Set([
    'reject_unauth_destination',
    'defer_unauth_destination',
    'reject',
    'defer',
    'defer_if_permit',
  ]);
  if (compareReleases(scope.version, toVersion('3.8')) <= 0) enough.add('check_relay_domains');
  const seen = new Set<string>();
  const search = (list: string | undefined, depth: number): boolean => {
    const words = wordsOf(list ?? '');
    for (const [at, word] of words.entries()) {
      if (words[at - 1]?.toLowerCase() === 'warn_if_reject') continue;
      const name = word.toLowerCase();
      // What stands behind it is never asked.
      if (name === 'permit') return false;
      if (enough.has(name)) return true;
      if (!scope.classes.has(word) || seen.has(word) || depth === DEEPEST_CLASS) continue;
      seen.add(word);
      if (search(scope.valueOf(word, service), depth + 1)) return true;
    }
    return false;
  };
  return search(text, 0);
}

/** local(8) and virtual(8) stop when one message may be larger than a whole mailbox. @see local.c, virtual.c */
function sizeLimits({ valueOf, effective }: Scope): CrossIssue[] {
  const message = Number(valueOf('message_size_limit'));
  return (['mailbox_size_limit', 'virtual_mailbox_limit'] as const).flatMap((name) => {
    const mailbox = Number(valueOf(name));
    const isContradiction = mailbox > 0 && (message > mailbox || message === 0);
    const isUsed = name === 'mailbox_size_limit' || valueOf('virtual_mailbox_maps') !== '';
    if (!isContradiction || !isUsed || !(effective.has(name) || effective.has('message_size_limit')))
      return [];
    const program = name === 'mailbox_size_limit' ? 'local(8)' : 'virtual(8)';
    const issue: Issue = {
      code: 'size-limits-contradict',
      level: name === 'mailbox_size_limit' || valueOf('virtual_transport') === 'virtual' ? 'error' : 'note',
      message: `${program} does not deliver: ${name} (${mailbox}) is smaller than message_size_limit (${message === 0 ? 'none' : message})`,
      advice: `Make ${name} the larger of the two, or 0 for no limit.`,
    };
    return [{ issue, names: effective.has(name) ? [name] : ['message_size_limit'] }];
  });
}
