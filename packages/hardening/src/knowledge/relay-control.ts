import { relayStops } from '@postern/simulator';
import type { Restriction, RestrictionList } from '../subject/restrictions.ts';
import type { Scope, SmtpServer, Subject } from '../subject/subject.ts';

/** What everybody may relay who is let through by it. */
export const relayPermits: readonly string[] = ['permit_mynetworks', 'permit_sasl_authenticated'];

/** smtpd_relay_restrictions as it should be on a host that takes mail from the internet. */
export const relayRestrictions = 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination';

/** Whether a list ends foreign mail by itself, or by a restriction class in it. */
export function stopsRelaying(list: RestrictionList, server: Scope): boolean {
  return withClasses(list.items, server).some((item) => relayStops.includes(item.name));
}

/**
 * What can decide in some entries and in the restriction classes that they name. A class is looked into once, however
 * often it is named and whatever leads back to it; what warn_if_reject stands before decides nothing.
 */
export function withClasses(entries: readonly Restriction[], server: Scope): Restriction[] {
  const classes = new Set(classesOf(server));
  const found: Restriction[] = [];
  const waiting = [entries];
  for (let items = waiting.pop(); items; items = waiting.pop()) {
    for (const item of items) {
      if (item.warnOnly) continue;
      found.push(item);
      if (classes.delete(item.name)) waiting.push(server.list(item.name).items);
    }
  }
  return found;
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
