import type { Host } from '../host/host.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import type { Network } from '../tables/network.ts';
import type { Table } from '../tables/table.ts';
import { effectOf, type Effect } from './permitting.ts';

/** An entry of an access table that permits, or that leads to restrictions of its own. */
export interface EffectiveEntry {
  readonly key: string;
  readonly value: string;
  readonly effect: Exclude<Effect, 'goes on'>;
}

/** Lists that the entries of one table hold and that are followed; what is beyond is told. */
export const mostLists = 200;

const known = new WeakMap<Host, Map<Table, readonly EffectiveEntry[]>>();
const effects = new WeakMap<Host, Map<string, Effect>>();

/** The entries of a table of texts that may let mail pass; all others only refuse, or say nothing. */
export function effectiveEntries(host: Host, table: Table): readonly EffectiveEntry[] {
  let tables = known.get(host);
  if (!tables) known.set(host, (tables = new Map()));
  let entries = tables.get(table);
  if (!entries) {
    const content = table.content();
    const all = content.type === 'entries' ? content.entries : [];
    entries = all.flatMap(({ key, value }) => {
      const effect = knownEffect(host, value);
      return effect === 'goes on' ? [] : [{ key, value, effect }];
    });
    tables.set(table, entries);
  }
  return entries;
}

/** What a value of an access table does, read once. */
export function knownEffect(host: Host, value: string): Effect {
  let values = effects.get(host);
  if (!values) effects.set(host, (values = new Map()));
  let effect = values.get(value);
  if (effect === undefined) values.set(value, (effect = effectOf(host, value)));
  return effect;
}

/** Every value of a table that is a list of restrictions of its own. */
export function listsIn(host: Host, table: Table): readonly RestrictionNode[][] {
  const lists: RestrictionNode[][] = [];
  for (const value of new Set(valuesOf(table))) {
    const effect = knownEffect(host, value);
    if (typeof effect !== 'object') continue;
    if (lists.push([...effect]) >= mostLists) break;
  }
  return lists;
}

function valuesOf(table: Table): readonly string[] {
  const content = table.content();
  switch (content.type) {
    case 'entries':
      return content.entries.map(({ value }) => value);
    case 'networks':
      return content.rules.flatMap(({ value }) => value ?? []);
    case 'patterns':
      return content.values;
    case 'constant':
      return [content.value];
    default:
      return [];
  }
}

/** The rule of a table of networks that an address meets. */
export interface MetRule {
  readonly value: string;
  readonly network: Network;
  readonly negated: boolean;
}

const rulesByLine = new WeakMap<Table, Map<number, MetRule>>();

/** The rule of a table of networks that says something of an address; undefined where none does. */
export function ruleFor(table: Table, address: string): MetRule | undefined {
  let rules = rulesByLine.get(table);
  if (!rules) {
    const content = table.content();
    rules = new Map(
      (content.type === 'networks' ? content.rules : []).flatMap(({ line, value, network, negated }) =>
        value === undefined ? [] : [[line, { value, network, negated }] as const],
      ),
    );
    rulesByLine.set(table, rules);
  }
  const found = table.lookup(address);
  return found.status === 'found' && found.at ? rules.get(found.at.line) : undefined;
}
