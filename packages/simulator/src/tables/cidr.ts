import { addressBytes, networkContains, parseNetwork, type Network } from './network.ts';
import { networkIndex } from './network-index.ts';
import { firstMatch, readRules, type Read, type Rule } from './rules.ts';
import { absent, type Lookup, type Table, type TableContent } from './table.ts';

/** Addresses in a network, or all others of its family. */
interface Inside {
  readonly network: Network;
  readonly negated: boolean;
}

/**
 * A CIDR table (cidr_table(5)): the first rule that matches decides.
 *
 *     if 192.0.2.0/24        since Postfix 3.2
 *     !192.0.2.128/25  OK    since Postfix 3.2
 *     endif
 *     2001:db8::/32    REJECT
 */
export function cidrTable(name: string, file: string, text: string): Table {
  const { rules, problems } = readRules(file, text, {
    read: readInside,
    refuse: (_, value) => (value === '' ? 'no lookup result' : undefined),
  });
  let content: TableContent | undefined;
  let found: ReadonlyMap<number, Run> | undefined;
  const runs = (): ReadonlyMap<number, Run> => (found ??= findRuns(rules));
  return {
    name,
    fixed: false,
    problems,
    lookup(key): Lookup {
      const address = addressBytes(key);
      if (!address) return absent;
      return firstMatch(
        rules,
        ({ when }) => isInside(when, address),
        ({ value, line }) => ({ status: 'found', value, at: { file, line } }),
        (index) => {
          const run = runs().get(index);
          return run && { end: run.end, match: run.find(address)?.found };
        },
      );
    },
    content: () =>
      (content ??= {
        type: 'networks',
        rules: rules.flatMap((rule) =>
          rule.type === 'endif'
            ? []
            : [{ ...rule.when, line: rule.line, value: rule.type === 'match' ? rule.value : undefined }],
        ),
      }),
  };
}

type Match = Extract<Rule<Inside>, { type: 'match' }>;

/** Many plain rules in a row, that need not be looked at one by one. */
interface Run {
  /** The index behind its last rule. */
  readonly end: number;
  readonly find: (address: readonly number[]) => { readonly found: Match } | undefined;
}

/** Rows shorter than this are gone through faster than they are looked up. */
const shortest = 16;

function findRuns(rules: readonly Rule<Inside>[]): Map<number, Run> {
  const runs = new Map<number, Run>();
  for (let start = 0; start < rules.length; start++) {
    const row: { network: Network; found: Match }[] = [];
    for (let at = start; at < rules.length; at++) {
      const rule = rules[at]!;
      if (rule.type !== 'match' || rule.when.negated) break;
      row.push({ network: rule.when.network, found: rule });
    }
    const end = start + row.length;
    if (row.length >= shortest) runs.set(start, { end, find: networkIndex(row) });
    start = end;
  }
  return runs;
}

/** A negated pattern, too, says nothing of addresses of the other family (cidr_match(3)). */
function isInside({ network, negated }: Inside, address: readonly number[]): boolean {
  return address.length === network.bytes.length && networkContains(network, address) !== negated;
}

function readInside(text: string): Read<Inside> {
  const [, bangs, pattern, rest] = /^([!\s]*)(\S*)\s*(.*)$/s.exec(text)!;
  if (pattern === '') return 'no address pattern';
  const network = parseNetwork(pattern!);
  if (typeof network === 'string') return network;
  return { when: { network, negated: bangs!.split('!').length % 2 === 0 }, rest: rest! };
}
