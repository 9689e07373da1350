import { valueOf, type MainCf } from '../syntax/main-cf.ts';
import type { MasterCf } from '../syntax/master-cf.ts';
import { serviceOf, type Service } from '../syntax/service.ts';
import { sameValue } from './same-value.ts';

/** The columns of a service that can differ while it stays the same service. */
const comparedColumns = ['private', 'unprivileged', 'chroot', 'wakeup', 'maxproc', 'command'] as const;

export type ComparedColumn = (typeof comparedColumns)[number];

/** One difference in meaning; what is absent on a side is not there. Plain JSON data. */
export type Difference =
  | { readonly type: 'parameter'; readonly name: string; readonly before?: string; readonly after?: string }
  | {
      readonly type: 'service';
      readonly service: string;
      readonly before?: Service;
      readonly after?: Service;
    }
  | {
      readonly type: 'column';
      readonly service: string;
      readonly column: ComparedColumn;
      readonly before?: Service[ComparedColumn];
      readonly after?: Service[ComparedColumn];
    }
  | {
      readonly type: 'option';
      readonly service: string;
      readonly name: string;
      readonly before?: string;
      readonly after?: string;
    }
  | {
      readonly type: 'arguments';
      readonly service: string;
      readonly before: readonly string[];
      readonly after: readonly string[];
    };

/**
 * What differs in meaning between two files of one kind: comments, spacing and the order of entries do not
 * count, and of several entries only the one that Postfix reads does.
 */
export function diff(before: MainCf, after: MainCf): Difference[];
export function diff(before: MasterCf, after: MasterCf): Difference[];
export function diff(before: MainCf | MasterCf, after: MainCf | MasterCf): Difference[] {
  if (before.type === 'main-cf' && after.type === 'main-cf') return diffMain(before, after);
  if (before.type === 'master-cf' && after.type === 'master-cf') return diffMaster(before, after);
  throw new TypeError('diff compares two trees of one kind');
}

/** The values that main.cf gives, each name once. */
function valuesOf(tree: MainCf): Map<string, string> {
  return new Map(
    tree.entries.flatMap((entry) => (entry.type === 'parameter' ? [[entry.name, valueOf(entry)]] : [])),
  );
}

/** The services of master.cf by `name/type`, each once. */
function servicesByName(tree: MasterCf): Map<string, Service> {
  return new Map(
    tree.entries.flatMap((entry) =>
      entry.type === 'service' ? [[`${entry.name}/${entry.serviceType}`, serviceOf(entry)]] : [],
    ),
  );
}

function diffMain(before: MainCf, after: MainCf): Difference[] {
  return pairs(valuesOf(before), valuesOf(after)).flatMap(([name, a, b]) =>
    a !== undefined && b !== undefined && sameValue(name, a, b)
      ? []
      : [{ type: 'parameter', name, ...sides(a, b) }],
  );
}

function diffMaster(before: MasterCf, after: MasterCf): Difference[] {
  return pairs(servicesByName(before), servicesByName(after)).flatMap(([service, a, b]) =>
    a && b ? diffService(service, a, b) : [{ type: 'service', service, ...sides(a, b) }],
  );
}

function diffService(service: string, a: Service, b: Service): Difference[] {
  const columns = comparedColumns
    .filter((column) => JSON.stringify(a[column]) !== JSON.stringify(b[column]))
    .map((column) => ({ type: 'column', service, column, ...sides(a[column], b[column]) }) as const);
  const options = pairs(optionsOf(a), optionsOf(b))
    .filter(([name, x, y]) => x === undefined || y === undefined || !sameValue(name, x, y))
    .map(([name, x, y]) => ({ type: 'option', service, name, ...sides(x, y) }) as const);
  const same = JSON.stringify(a.arguments) === JSON.stringify(b.arguments);
  return [
    ...columns,
    ...options,
    ...(same ? [] : [{ type: 'arguments', service, before: a.arguments, after: b.arguments } as const]),
  ];
}

function optionsOf(service: Service): Map<string, string> {
  return new Map(service.options.map(({ name, value }) => [name, value]));
}

/** The keys of both maps, in the order of the first and then of the second, with what each has for it. */
function pairs<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
): [key: string, before: T | undefined, after: T | undefined][] {
  return [...new Set([...a.keys(), ...b.keys()])].map((key) => [key, a.get(key), b.get(key)]);
}

function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
