import type { RestrictionList } from '../subject/restrictions.ts';
import type { Scope, SmtpServer, Subject } from '../subject/subject.ts';

/** What ends the way of mail to foreign domains. smtpd refuses to start when neither list has one of them. */
export const relayStops: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject',
  'defer',
  'defer_if_permit',
  'check_relay_domains',
];

/** What everybody may relay who is let through by it. */
export const relayPermits: readonly string[] = ['permit_mynetworks', 'permit_sasl_authenticated'];

/** smtpd_relay_restrictions as it should be on a host that takes mail from the internet. */
export const relayRestrictions = 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination';

/**
 * Whether a list ends foreign mail by itself, or by a restriction class in it. A class is looked into once, however
 * often it is named and whatever leads back to it.
 */
export function stopsRelaying(list: RestrictionList, server: Scope, seen: Set<string> = new Set()): boolean {
  const classes = classesOf(server);
  return list.items.some((item) => {
    if (item.warnOnly) return false;
    if (relayStops.includes(item.name)) return true;
    if (!classes.includes(item.name) || seen.has(item.name)) return false;
    seen.add(item.name);
    return stopsRelaying(server.list(item.name), server, seen);
  });
}

/** The restriction classes of a configuration. */
export function classesOf(server: Scope): string[] {
  return server
    .setting('smtpd_restriction_classes')
    .value.split(/[\s,]+/)
    .filter((name) => name !== '');
}

/** The lists that can hold relay control, in the order in which this version looks at them. */
export function relayLists(subject: Subject, server: SmtpServer): RestrictionList[] {
  const recipient = server.list('smtpd_recipient_restrictions');
  return subject.knows('smtpd_relay_restrictions')
    ? [server.list('smtpd_relay_restrictions'), recipient]
    : [recipient];
}
