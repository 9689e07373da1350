import type { Host } from '../host/host.ts';
import type { DecidedBy } from '../model/verdict.ts';
import type { Transaction } from '../model/transaction.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import { strangersDomain } from './obliging-resolver.ts';
import { isWide } from './permitting.ts';
import { foreignDomains, readKnown } from './foreign-domains.ts';
import { firstAddress, named, reachOf, subjects, type Subject } from './reach.ts';
import { effectiveEntries, knownEffect, mostLists, ruleFor } from './table-effects.ts';
import type { View } from './views.ts';

/** Something in a list that may let foreign mail pass before the list is closed. */
export interface Gap {
  readonly by: DecidedBy;
  /** A transaction that would go through it; undefined where only the unknown could say so. */
  readonly through: Partial<Transaction> | undefined;
  readonly because: string;
}

/** What becomes of foreign mail in one list. */
export interface ListPaths {
  readonly list: string;
  /** The restriction that refuses what has come so far; undefined when the list may be left at its end. */
  readonly closedBy: DecidedBy | undefined;
  readonly gaps: readonly Gap[];
  /** Destinations and clients that somebody has let in by name. */
  readonly granted: readonly string[];
}

/** Restrictions that refuse all foreign mail that comes to them. */
const closing = new Set(['reject', 'defer']);
/** The same, once there is a recipient. */
const closingRecipients = new Set(['reject_unauth_destination', 'defer_unauth_destination']);

/** Restrictions that permit nothing to a client without login and certificate, for a recipient that is not ours. */
const harmless = new Set([
  'permit_sasl_authenticated',
  'permit_tls_clientcerts',
  'permit_auth_destination',
  'permit_dnswl_client',
  'permit_rhswl_client',
  'sleep',
  'defer_if_permit',
  'defer_if_reject',
]);

/** What a bare `type:table` stands for, by list. */
const defaultTables: Readonly<Record<string, string>> = {
  smtpd_client_restrictions: 'check_client_access',
  smtpd_helo_restrictions: 'check_helo_access',
  smtpd_sender_restrictions: 'check_sender_access',
  smtpd_relay_restrictions: 'check_recipient_access',
  smtpd_recipient_restrictions: 'check_recipient_access',
};

/** A recipient that is nobody's here. */
export const foreignRecipient: string = `victim@${strangersDomain}`;

/** Lists and classes inside each other that are followed. */
const deepest = 1000;
/** Entries of one table that are told by name. */
const mostTold = 20;

/**
 * Follows foreign mail through a list, symbolically: whatever the client says, which restrictions may permit it before
 * one refuses it for certain? A list is proved closed when there are none.
 */
export function pathsThrough(host: Host, list: string, view: View): ListPaths {
  const early = !host.settings.flag('smtpd_delay_reject') && !/_(?:relay|recipient)_/.test(list);
  const walk = new Walk(host, list, view, early);
  const closedBy = walk.follow(host.list(list).nodes, false, 0);
  // Without a greeting nobody looks at this list.
  const skipped = list === 'smtpd_helo_restrictions' && !host.settings.flag('smtpd_helo_required');
  return { list, closedBy: skipped ? undefined : closedBy, gaps: walk.gaps, granted: [...walk.granted] };
}

/** A way through a table, or that only those may take it who are meant. */
interface Way {
  readonly through: Gap['through'] | 'granted';
  readonly because: string;
}

class Walk {
  readonly gaps: Gap[] = [];
  readonly granted = new Set<string>();
  readonly #host: Host;
  readonly #list: string;
  readonly #view: View;
  /** The list is asked before there is a recipient. */
  readonly #early: boolean;
  #domainsTold = false;
  /** Classes that are being followed, and those that were. */
  readonly #open = new Set<string>();
  readonly #followed = new Set<string>();

  constructor(host: Host, list: string, view: View, early: boolean) {
    this.#host = host;
    this.#list = list;
    this.#view = view;
    this.#early = early;
  }

  /** @param warned  what refuses only warns here */
  follow(nodes: readonly RestrictionNode[], warned: boolean, depth: number): DecidedBy | undefined {
    for (const [index, node] of nodes.entries()) {
      if (node.kind === 'warn') continue;
      const by = this.#decidedBy(node);
      const warns = warned || nodes[index - 1]?.kind === 'warn';
      if (node.kind === 'fault') return by; // smtpd refuses everything with 451
      if (node.kind === 'class') {
        // It leads back to itself: there smtpd ends.
        if (this.#open.has(node.name)) return by;
        // A class that was followed without an end holds nothing new the second time.
        const followed = `${node.name} ${warns}`;
        if (this.#followed.has(followed)) continue;
        if (depth > deepest) {
          this.#gap(by, undefined, `more than ${deepest} classes stand in each other`);
          continue;
        }
        this.#open.add(node.name);
        const inner = this.follow(this.#host.restrictionClass(node.name)!.nodes, warns, depth + 1);
        this.#open.delete(node.name);
        if (inner) return inner;
        this.#followed.add(followed);
        continue;
      }
      if (closing.has(node.name) || (closingRecipients.has(node.name) && !this.#early)) {
        if (closingRecipients.has(node.name)) this.#foreignDomains(by);
        if (!warns) return by;
        continue;
      }
      // It lets mail for our domains pass, whatever closes the list behind it.
      if (node.name === 'permit_auth_destination' && !this.#early) this.#foreignDomains(by);
      if (harmless.has(node.name) || node.name.startsWith('reject_')) continue;
      const before = this.gaps.length;
      this.#lookAt(node, by, depth);
      // Nothing behind a bare permit is reached.
      if (node.name === 'permit' && this.gaps.length > before) return undefined;
    }
    return undefined;
  }

  /** A list that a table holds: its gaps count; that it closes for some does not help the others. */
  #within(name: string, nodes: readonly RestrictionNode[], by: DecidedBy, depth: number): void {
    if (this.#followed.has(name)) return;
    this.#followed.add(name);
    if (depth < deepest) this.follow(nodes, false, depth + 1);
    else this.#gap(by, undefined, `more than ${deepest} lists stand in each other`);
  }

  #gap(by: DecidedBy, through: Gap['through'], because: string): void {
    this.gaps.push({ by, through, because });
  }

  #decidedBy(node: RestrictionNode): DecidedBy {
    return {
      list: this.#list,
      restriction: node.name || (node.argument ?? ''),
      ...(node.argument !== undefined && { argument: node.argument }),
      file: node.file,
      line: node.line,
    };
  }

  #lookAt(node: RestrictionNode, by: DecidedBy, depth: number): void {
    const gap = (through: Gap['through'], because: string): void => this.#gap(by, through, because);
    const host = this.#host;
    const { address } = this.#view;
    switch (node.name) {
      case 'permit':
        return gap({}, 'it permits everybody');
      case 'permit_mynetworks':
        return this.#mynetworks(gap);
      case 'permit_inet_interfaces':
        // Whoever connects from the host's own address is on the host.
        return host.own.isOwn(address) ? void this.granted.add(`this host, ${address}`) : undefined;
      case 'permit_naked_ip_address':
        return gap({ helo: address }, 'a client need only give an address with HELO');
      case 'permit_tls_all_clientcerts':
        return host.settings.flag('smtpd_tls_ask_ccert') || host.settings.flag('smtpd_tls_req_ccert')
          ? gap(undefined, 'whoever has a certificate of an authority in smtpd_tls_CAfile may relay')
          : undefined;
      case 'permit_mx_backup':
        return host.settings.text('permit_mx_backup_networks').trim() === ''
          ? gap(undefined, 'whoever names this host as a mail server of a domain may relay to that domain')
          : undefined;
      case 'check_policy_service':
        return gap(undefined, 'the policy server may answer OK');
      case 'check_relay_domains':
        return gap(undefined, 'it permits clients whose name is in relay_domains');
    }
    const name = node.kind === 'table' ? defaultTables[this.#list] : node.name;
    const subject = name === undefined ? undefined : subjects[name];
    if (subject && node.argument !== undefined) this.#table(subject, node.argument, by, depth);
  }

  #mynetworks(gap: (through: Gap['through'], because: string) => void): void {
    const { mynetworks } = this.#host;
    const { address } = this.#view;
    const match = mynetworks.match(undefined, address, readKnown);
    if (match.status === 'match') return gap({}, `${address} is in mynetworks`);
    for (const { name, content } of mynetworks.tables.map((table) => ({
      name: table.name,
      content: table.content(),
    })))
      if (content.type === 'elsewhere' || content.type === 'patterns')
        gap(undefined, `${name} in mynetworks is not known`);
    // A top-level domain is nobody's own.
    const wide = mynetworks.patterns.find(
      (pattern) => /^\.?[a-z][a-z-]*$/i.test(pattern) && pattern !== 'localhost',
    );
    if (wide !== undefined)
      gap(named(address, `client.${wide.replace(/^\./, '')}`), `mynetworks has ${wide}`);
  }

  /** Domains of others that the configuration takes for its own, and so lets pass where foreign mail is refused. */
  #foreignDomains(by: DecidedBy): void {
    if (this.#domainsTold) return;
    this.#domainsTold = true;
    const { ways, granted } = foreignDomains(this.#host);
    for (const { through, because } of ways) this.#gap(by, through, because);
    for (const name of granted) this.granted.add(name);
  }

  /** What an access table may hold that permits; what it leads to besides is followed. */
  #table(subject: Subject, argument: string, by: DecidedBy, depth: number): void {
    const table = this.#host.table(argument);
    const lists = new Set<string>();
    let gaps = 0;
    let granted = 0;
    /** How a stranger comes to a value. */
    const may = (value: string, way: () => Way): void => {
      const effect = knownEffect(this.#host, value);
      if (effect === 'goes on') return;
      if (effect !== 'permits') {
        if (lists.has(value)) return;
        lists.add(value);
        if (lists.size <= mostLists) this.#within(`${argument} ${value}`, effect, by, depth);
        else if (lists.size === mostLists + 1)
          this.#gap(by, undefined, `${argument} holds more than ${mostLists} lists`);
        return;
      }
      const { through, because } = way();
      if (through === 'granted') {
        if (++granted <= mostTold) this.granted.add(because);
        else if (granted === mostTold + 1) this.granted.add(`others that ${argument} permits`);
      } else if (++gaps <= mostTold) this.#gap(by, through, because);
      else if (gaps === mostTold + 1) this.#gap(by, undefined, `${argument} permits others besides`);
    };
    const content = table.content();
    switch (content.type) {
      case 'elsewhere':
        return this.#gap(by, undefined, `${argument} may permit`);
      case 'patterns':
        for (const value of new Set(content.values))
          may(value, () => ({ through: undefined, because: `a pattern of ${argument} may permit` }));
        return;
      case 'constant':
        return may(content.value, () => ({ through: {}, because: `${argument} permits everybody` }));
      case 'networks': {
        // A client may also give an address with HELO, any it likes.
        if (subject === 'helo')
          for (const { value, network } of content.rules)
            if (value !== undefined)
              may(value, () => ({
                through: { helo: firstAddress(network) },
                because: `${argument} may permit`,
              }));
        const rule = subject === 'client' ? ruleFor(table, this.#view.address) : undefined;
        if (rule)
          may(rule.value, () => ({
            through: rule.negated || isWide(rule.network) ? {} : 'granted',
            because: `${argument} permits ${this.#view.ranges.slice(0, mostTold).join(', ')}`,
          }));
        return;
      }
      case 'entries':
        for (const { key, value } of effectiveEntries(this.#host, table))
          may(value, () => {
            const { through, what } = reachOf(subject, key, this.#view.address);
            return { through, because: `${argument} permits ${what}` };
          });
    }
  }
}
