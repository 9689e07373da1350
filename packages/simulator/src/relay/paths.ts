import { canonicalAddress } from '../address/hostname.ts';
import type { Host } from '../host/host.ts';
import type { TableReader } from '../match/match-list.ts';
import type { DecidedBy } from '../model/verdict.ts';
import type { Transaction } from '../model/transaction.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import type { Network } from '../tables/network.ts';
import type { Table } from '../tables/table.ts';
import { strangersDomain } from './obliging-resolver.ts';
import { effectOf, isWide, networkOfKey } from './permitting.ts';
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
const deepest = 20;

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

/** Every restriction of some lists, with those in classes and in the tables that they ask. */
export function restrictionsIn(host: Host, lists: readonly string[]): RestrictionNode[] {
  const found: RestrictionNode[] = [];
  const seen = new Set<string>();
  const add = (nodes: readonly RestrictionNode[]): void => {
    for (const node of nodes) {
      found.push(node);
      const once = node.kind === 'class' ? `class ${node.name}` : node.argument;
      if (once === undefined || seen.has(once)) continue;
      seen.add(once);
      if (node.kind === 'class') add(host.restrictionClass(node.name)!.nodes);
      else if (node.kind === 'table' || /^check_.*_access$/.test(node.name)) {
        for (const value of valuesOf(host.table(once))) {
          const effect = effectOf(host, value);
          if (typeof effect === 'object') add(effect);
        }
      }
    }
  };
  for (const list of lists) add(host.list(list).nodes);
  return found;
}

function valuesOf(table: Table): string[] {
  const content = table.content();
  switch (content.type) {
    case 'entries':
      return [...new Set(content.entries.map(({ value }) => value))];
    case 'networks':
      return [...new Set(content.rules.flatMap(({ value }) => value ?? []))];
    case 'patterns':
      return [...new Set(content.values)];
    case 'constant':
      return [content.value];
    default:
      return [];
  }
}

class Walk {
  readonly gaps: Gap[] = [];
  readonly granted = new Set<string>();
  readonly #host: Host;
  readonly #list: string;
  readonly #view: View;
  /** The list is asked before there is a recipient. */
  readonly #early: boolean;
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
        if (depth > deepest || this.#open.has(node.name)) return by;
        // A class that was followed without an end holds nothing new the second time.
        const followed = `${node.name} ${warns}`;
        if (this.#followed.has(followed)) continue;
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
      if (harmless.has(node.name) || node.name.startsWith('reject_')) continue;
      const before = this.gaps.length;
      this.#lookAt(node, by, depth);
      // Nothing behind a bare permit is reached.
      if (node.name === 'permit' && this.gaps.length > before) return undefined;
    }
    return undefined;
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
    const gap = (through: Gap['through'], because: string): void =>
      void this.gaps.push({ by, through, because });
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
    if (subject && node.argument !== undefined) this.#table(subject, node.argument, gap, depth);
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
    if (wide !== undefined) gap(this.#as(`client.${wide.replace(/^\./, '')}`), `mynetworks has ${wide}`);
  }

  /** Domains of others that the configuration takes for its own, and so lets pass where foreign mail is refused. */
  #foreignDomains(by: DecidedBy): void {
    const { settings, resolving } = this.#host;
    const gap = (through: Gap['through'], because: string): void =>
      void this.gaps.push({ by, through, because });
    if (settings.flag('allow_untrusted_routing'))
      gap(undefined, 'allow_untrusted_routing lets mail for user%elsewhere at a domain of ours pass');
    const classes = {
      mydestination: resolving.mydestination,
      relay_domains: resolving.relayDomains,
      virtual_alias_domains: resolving.virtualAliasDomains,
      virtual_mailbox_domains: resolving.virtualMailboxDomains,
    };
    for (const [parameter, list] of Object.entries(classes)) {
      const match = list.match(strangersDomain, undefined, readKnown);
      if (match.status === 'match') gap({}, `${parameter} takes every domain for ours, by ${match.pattern}`);
      for (const table of list.tables) {
        const content = table.content();
        if (content.type === 'elsewhere') this.granted.add(`domains of ${table.name}`);
        if (content.type === 'patterns')
          gap(undefined, `a pattern of ${table.name} in ${parameter} may take foreign domains for ours`);
        if (content.type !== 'entries') continue;
        for (const { key } of content.entries)
          if (isTopLevel(key)) gap({ to: [`victim@x.${key.replace(/^\./, '')}`] }, `${parameter} has ${key}`);
      }
      for (const pattern of list.patterns)
        if (isTopLevel(pattern) && parameter === 'relay_domains')
          gap({ to: [`victim@x.${pattern.replace(/^\./, '')}`] }, `${parameter} has ${pattern}`);
    }
  }

  #as(name: string): Partial<Transaction> {
    return { client: { address: this.#view.address, name, reverseName: name } };
  }

  /** What an access table may hold that permits; what it leads to besides is followed. */
  #table(
    subject: Subject,
    argument: string,
    gap: (through: Gap['through'], because: string) => void,
    depth: number,
  ): void {
    const table = this.#host.table(argument);
    const content = table.content();
    const may = (
      value: string,
      through: Partial<Transaction> | 'granted' | undefined,
      because: string,
    ): void => {
      const effect = effectOf(this.#host, value);
      if (effect === 'goes on') return;
      if (effect !== 'permits') {
        // A list of its own: its gaps count; that it closes for some does not help the others.
        if (depth < deepest) this.follow(effect, false, depth + 1);
        else gap(undefined, `${argument} leads on without end`);
      } else if (through === 'granted') this.granted.add(because);
      else gap(through, because);
    };
    switch (content.type) {
      case 'elsewhere':
        return gap(undefined, `${argument} may permit`);
      case 'patterns':
        for (const value of new Set(content.values))
          may(value, undefined, `a pattern of ${argument} may permit`);
        return;
      case 'constant':
        return may(content.value, {}, `${argument} permits everybody`);
      case 'networks': {
        // A client may also give an address with HELO, any it likes.
        if (subject === 'helo')
          for (const { value, network } of content.rules)
            if (value !== undefined) may(value, { helo: firstAddress(network) }, `${argument} may permit`);
        if (subject !== 'client') return;
        const found = table.lookup(this.#view.address);
        const rule = content.rules.find(({ line }) => found.status === 'found' && line === found.at?.line);
        if (rule?.value === undefined) return;
        const what = `${argument} permits ${this.#view.address}`;
        return may(rule.value, rule.negated || isWide(rule.network) ? {} : 'granted', what);
      }
      case 'entries':
        for (const { key, value } of content.entries) {
          const { through, what } = this.#reach(subject, key);
          if (through !== undefined) may(value, through, `${argument} permits ${what}`);
        }
    }
  }

  /** How a stranger comes to a key: by saying something, not at all, or only as the one who is meant. */
  #reach(
    subject: Subject,
    key: string,
  ): { through?: Partial<Transaction> | 'granted' | undefined; what: string } {
    switch (subject) {
      case 'helo':
        return { through: { helo: key.replace(/^\./, 'x.') }, what: `every client that says HELO ${key}` };
      case 'sender': {
        const from = addressFor(key);
        return { through: { from }, what: `every client that says it sends for <${from}>` };
      }
      case 'recipient': {
        if (key.endsWith('@'))
          return { through: { to: [`${key}${strangersDomain}`] }, what: `${key} anywhere` };
        const wide = isTopLevel(key);
        const to = addressFor(key);
        return { through: wide ? { to: [to] } : 'granted', what: `mail for ${wide ? to : key}` };
      }
      case 'client': {
        const network = networkOfKey(key);
        if (network) return { through: isWide(network) ? {} : 'granted', what: `clients in ${key}` };
        if (key === 'unknown')
          return {
            through: { client: { address: this.#view.address, name: key, nameStatus: 'permanent' } },
            what: 'every client without a name',
          };
        // Partial IPv6 texts are networks of somebody's, as full addresses are.
        if (key.includes(':')) return { through: 'granted', what: `clients in ${key}` };
        const wide = isTopLevel(key);
        const name = `client.${key.replace(/^\./, '')}`;
        return { through: wide ? this.#as(name) : 'granted', what: wide ? name : `clients named ${key}` };
      }
    }
  }
}

/** By whom or what an access table is asked, as far as strangers have a say in it. */
type Subject = 'client' | 'helo' | 'sender' | 'recipient';

/** Tables by certificate and login say nothing of strangers; those of servers and unverified names may not permit. */
const subjects: Readonly<Record<string, Subject>> = {
  check_client_access: 'client',
  check_helo_access: 'helo',
  check_sender_access: 'sender',
  check_recipient_access: 'recipient',
};

/** An address that a key of a mail address table is found by. */
function addressFor(key: string): string {
  if (key === '<>') return '';
  if (key.endsWith('@')) return `${key}${strangersDomain}`;
  if (key.includes('@')) return key;
  return `victim@${key.startsWith('.') ? `x${key}` : key}`;
}

function firstAddress({ bytes }: Network): string {
  return bytes.length === 4
    ? bytes.join('.')
    : canonicalAddress(
        Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16)).join(
          ':',
        ),
      );
}

/** `com`, `.org`: whoever likes has a name below it. */
function isTopLevel(name: string): boolean {
  return (
    /^\.?[a-z][a-z-]+$/i.test(name) &&
    !/^\.?(?:localhost|localdomain|local|lan|internal|home|test)$/i.test(name)
  );
}

/** A table's value where it is known. */
const readKnown: TableReader = (table, key) => {
  const found = table.lookup(key);
  return found.status === 'found' ? found.value : undefined;
};
