import { networkIndex } from '../tables/network-index.ts';
import { addressBytes } from '../tables/network.ts';
import type { MatchKind, Pattern } from './match-list.ts';

/** Where in a list the answer is: at `plain` at the latest, unless one of the patterns of `asked` before it says otherwise. */
export interface Places {
  readonly plain: number | undefined;
  /** Tables and broken networks, which must be asked one by one. */
  readonly asked: readonly number[];
}

/** Looks names and addresses up in a long list of patterns instead of comparing them with each. */
export function patternIndex(
  patterns: readonly Pattern[],
  kind: MatchKind,
  parents: boolean,
): (lower: string | undefined, canonical: string | undefined) => Places {
  const byText = new Map<string, number>();
  const byAddress = new Map<string, number>();
  const networks: { network: Exclude<Pattern['network'], string | undefined>; found: number }[] = [];
  const asked: number[] = [];
  for (const [index, { lower, canonical, table, network }] of patterns.entries()) {
    if (table || typeof network === 'string') asked.push(index);
    if (table) continue;
    if (!byText.has(lower)) byText.set(lower, index);
    if (!byAddress.has(canonical)) byAddress.set(canonical, index);
    if (typeof network === 'object') networks.push({ network, found: index });
  }
  const inNetwork = networkIndex(networks);
  return (lower, canonical) => {
    let plain: number | undefined;
    const consider = (index: number | undefined): void => {
      if (index !== undefined && (plain === undefined || index < plain)) plain = index;
    };
    if (lower !== undefined) {
      consider(byText.get(lower));
      if (kind !== 'string')
        for (let dot = lower.indexOf('.', parents ? 0 : 1); dot >= 0; dot = lower.indexOf('.', dot + 1)) {
          const suffix = lower.slice(parents ? dot + 1 : dot);
          if (suffix !== '') consider(byText.get(suffix));
        }
    }
    if (canonical !== undefined) {
      consider(byAddress.get(canonical));
      const bytes = addressBytes(canonical);
      if (bytes) consider(inNetwork(bytes)?.found);
    }
    return { plain, asked };
  };
}
