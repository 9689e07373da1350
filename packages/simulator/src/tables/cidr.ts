import { addressBytes, networkContains, parseNetwork, type Network } from './network.ts';
import { firstMatch, readRules, type Read } from './rules.ts';
import { absent, type Lookup, type Table } from './table.ts';

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
      );
    },
    content: () => ({
      type: 'networks',
      rules: rules.flatMap((rule) =>
        rule.type === 'endif'
          ? []
          : [{ ...rule.when, line: rule.line, value: rule.type === 'match' ? rule.value : undefined }],
      ),
    }),
  };
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
