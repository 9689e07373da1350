import type { Host } from '../host/host.ts';
import { addressBytes, networkContains, type Network } from '../tables/network.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import { addressIn, cutAddresses, printCells, type Cell } from './address-space.ts';
import type { Table } from '../tables/table.ts';
import { isWide, networkOf, networkOfKey } from './permitting.ts';
import { knownEffect, ruleFor } from './table-effects.ts';

/** Clients whom the configuration treats alike: where they stand, and one of them. */
export interface View {
  readonly name: string;
  readonly address: string;
  /** All their addresses, as `first–last`. */
  readonly ranges: readonly string[];
}

/** Everybody, by what the configuration says of their addresses. */
export interface Views {
  /** From these a host must not relay. */
  readonly strangers: readonly View[];
  /** Those who are meant to relay. */
  readonly trusted: readonly string[];
  /** Networks that were left out because they are too many. */
  readonly leftOut: number;
}

/** Addresses that a reader knows for a stranger's. */
const familiar = ['198.51.100.77', '2001:db8:77::1'].flatMap((text) => networkOf(text) ?? []);
/** The gateways of Docker's and Podman's networks: forwarded ports make every stranger come from there. */
const gateways = ['172.17.0.1', '172.18.0.1', '10.88.0.1'];

/**
 * Networks by which addresses are cut at most, rules that are gone through one by one for all of them together, and
 * kinds of clients that are told apart.
 */
const most = { networks: 20_000, rules: 20_000_000, views: 1000 };

/** Restrictions that ask their table for the client's address. */
const asksForClient = new Set(['check_client_access', 'check_reverse_client_hostname_access']);

/**
 * Cuts the address space at every boundary that the configuration knows (mynetworks, the host's own addresses, tables
 * of clients) and puts the cells together of which it says the same. A proof for one address of a view holds for all.
 *
 * @param nodes  the restrictions that may ask for the client
 */
export function viewsOf(host: Host, nodes: readonly RestrictionNode[]): Views {
  const own = host.own.interfaces.flatMap(({ address }) => networkOf(address) ?? []);
  const mine = host.mynetworks.patterns.flatMap((pattern) => {
    const network = networkOf(pattern.replace(/^!/, ''));
    return network ? [{ pattern, network }] : [];
  });
  const asking = nodes.filter(({ kind, name }) => kind === 'table' || asksForClient.has(name));
  const tables = [
    ...new Set(asking.flatMap(({ argument }) => (argument?.includes(':') ? [argument] : []))),
  ].map((name) => host.table(name));
  // Negated rules and conditions are gone through; plain ones are looked up.
  let slow = 1;
  const named = [...host.mynetworks.tables, ...tables].flatMap((table): Network[] => {
    const content = table.content();
    if (content.type === 'networks') {
      slow += content.rules.filter(({ value, negated }) => negated || value === undefined).length;
      return content.rules.map(({ network }) => network);
    }
    return content.type === 'entries' ? content.entries.flatMap(({ key }) => networkOfKey(key) ?? []) : [];
  });
  const points = [...gateways.flatMap((address) => networkOf(address) ?? []), ...own];
  const cutBy = [...mine.map(({ network }) => network), ...named];
  const mostCuts = Math.min(most.networks, Math.ceil(most.rules / (slow + tables.length)));
  const cells = cutAddresses([...points, ...cutBy.slice(0, mostCuts)]);
  let leftOut = Math.max(0, cutBy.length - mostCuts);

  const isMine = (address: string): string | undefined => {
    const match = host.mynetworks.match(undefined, address, (table, key) => {
      const found = table.lookup(key);
      return found.status === 'found' ? found.value : undefined;
    });
    return match.status === 'match' ? match.pattern : undefined;
  };
  const trusted = new Set<string>();
  const groups = new Map<string, { readonly view: string; readonly cells: Cell[] }>();
  for (const cell of cells) {
    const address = addressIn(cell, familiar);
    const gateway = gateways.includes(address);
    const pattern = isMine(address);
    const network = pattern === undefined ? undefined : networkOf(pattern);
    const narrow = network ? !isWide(network) : pattern !== undefined;
    if (narrow && !gateway) {
      trusted.add(`mynetworks ${pattern}`);
      continue;
    }
    const view = gateway ? 'container gateway' : cell.bits === 32 ? 'internet' : 'IPv6 internet';
    const says = tables.map((table) => whatIsSaid(host, table, address));
    const key = JSON.stringify([view, pattern, host.own.isOwn(address), says]);
    const group = groups.get(key);
    if (group) group.cells.push(cell);
    else if (groups.size >= most.views) leftOut++;
    else groups.set(key, { view, cells: [cell] });
  }
  const strangers = [...groups.values()].map(({ view, cells: of }): View => {
    const shown = of.find((cell) => holds(cell, familiar)) ?? of.at(-1)!;
    return { name: view, address: addressIn(shown, familiar), ranges: printCells(of) };
  });
  return { strangers, trusted: [...trusted], leftOut };
}

/** What a table says of an address, as far as the way of mail depends on it: two texts of a refusal are one. */
function whatIsSaid(host: Host, table: Table, address: string): string {
  const found = table.lookup(address);
  if (found.status !== 'found') return found.status;
  const effect = knownEffect(host, found.value);
  if (typeof effect === 'object') return found.value;
  if (effect === 'goes on') return /^(?:[45]\d\d|\S*)/.exec(found.value)![0].toLowerCase();
  const rule = ruleFor(table, address);
  return rule && (rule.negated || isWide(rule.network)) ? 'permits all' : 'permits';
}

function holds(cell: Cell, networks: readonly Network[]): boolean {
  const address = addressIn(cell, networks);
  const bytes = addressBytes(address);
  return networks.some((network) => bytes !== undefined && networkContains(network, bytes));
}
