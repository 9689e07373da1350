import { parseSpf, spf, SpfBuildError, zoneLine } from '@postern/spf';

/** What the form says. Lists are separated by spaces, commas or line ends. */
export interface Answers {
  readonly domain: string;
  /** The hosts that receive mail send it too. */
  readonly mx: boolean;
  readonly networks: string;
  readonly includes: string;
  /** What becomes of everybody else. */
  readonly others: '-' | '~' | '?';
}

export type Made =
  | { readonly text: string; readonly zoneLine: string; readonly lookups: number }
  | { readonly problem: string };

/** The record that the answers come to, or what is wrong with them. */
export function makeRecord({ domain, mx, networks, includes, others }: Answers): Made {
  try {
    let builder = spf();
    if (mx) builder = builder.mx();
    for (const network of words(networks))
      builder = network.includes(':') ? builder.ip6(network) : builder.ip4(network);
    for (const name of words(includes)) builder = builder.include(name);
    const { text } = builder.all(others);
    const lookups = parseSpf(text).terms.filter(
      (term) => term.type === 'mechanism' && (term.name === 'mx' || term.name === 'include'),
    ).length;
    return { text, zoneLine: zoneLine(domain || 'example.com', text), lookups };
  } catch (error) {
    if (error instanceof SpfBuildError) return { problem: error.message };
    throw error;
  }
}

function words(list: string): string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '');
}
