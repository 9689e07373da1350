import { relayPermits } from '../knowledge/relay-control.ts';
import type { Edit } from '../rule.ts';
import type { ListDraft, Restriction, RestrictionList } from '../subject/restrictions.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

/** One list as a server uses it. */
export interface OwnList {
  readonly list: RestrictionList;
  readonly server: SmtpServer;
}

export function listsOnPort25(subject: Subject, name: string): OwnList[] {
  return listsOf(
    subject.servers.filter(({ role }) => role === 'mx'),
    name,
  );
}

/** One list as the servers use it: each place that it is written in once, with the first that uses it. */
function listsOf(servers: readonly SmtpServer[], name: string): OwnList[] {
  const found = new Map<string, OwnList>();
  for (const server of servers) {
    const list = server.list(name);
    if (!found.has(list.setting.key)) found.set(list.setting.key, { list, server });
  }
  return [...found.values()];
}

/** The entry that always decides, behind which nothing may be added. */
export function endOf(list: RestrictionList): Restriction | undefined {
  return list.items.find((item) => /^(permit|reject|defer)$/.test(item.name) && !item.warnOnly);
}

/** Puts entries at the end of what is looked at. */
export function appendBeforeEnd(list: RestrictionList, draft: ListDraft, texts: readonly string[]): void {
  const end = endOf(list);
  if (end) draft.insertBefore(end, ...texts);
  else draft.append(...texts);
}

/**
 * The permits for own clients that a list lacks. Where own networks are let through and nobody can log in, the
 * list has all that it needs.
 */
export function missingPermits({ list, server }: OwnList): string[] {
  if (list.has('permit_mynetworks') && !server.isOn('smtpd_sasl_auth_enable')) return [];
  return relayPermits.filter((name) => !list.has(name));
}

/**
 * Adds checks of strangers that a list lacks: at its end, behind permits for own clients. The operator's entries
 * stay where they are and go on to be asked of everybody they were asked of.
 */
export function withChecks(own: OwnList, checks: readonly string[]): Edit[] | undefined {
  const { list } = own;
  const missing = checks.filter((check) => !list.has(check.split(' ')[0]!));
  if (missing.length === 0 || endOf(list)?.name === 'reject') return [];
  return list.edit((draft) => appendBeforeEnd(list, draft, [...missingPermits(own), ...missing]));
}
