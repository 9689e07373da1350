import type { Subject } from '../subject/subject.ts';

const protocols = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The spelling of "TLS 1.2 and newer" that the version knows. */
export function modernProtocols(subject: Subject): string {
  return subject.satisfies('>=3.6') ? '>=TLSv1.2' : '!SSLv2, !SSLv3, !TLSv1, !TLSv1.1';
}

/**
 * The protocols older than TLS 1.2 that a list such as `!SSLv2, !SSLv3` or `>=TLSv1` lets through.
 * A list that names protocols without `!` allows only these. SSLv2 does not count: no OpenSSL of today has it.
 */
export function oldProtocols(list: string): string[] {
  const words = list.split(/[\s,:]+/).filter((word) => word !== '');
  const rank = (name: string): number =>
    protocols.findIndex((protocol) => protocol.toLowerCase() === name.toLowerCase());
  const included = words.filter((word) => /^\w/.test(word)).map(rank);
  const excluded = new Set(words.filter((word) => word.startsWith('!')).map((word) => rank(word.slice(1))));
  const floor = words.filter((word) => word.startsWith('>=')).map((word) => rankOfBound(word.slice(2), rank));
  const ceiling = words
    .filter((word) => word.startsWith('<='))
    .map((word) => rankOfBound(word.slice(2), rank));
  return protocols.slice(1, 4).filter((_, index) => {
    const at = index + 1;
    if (excluded.has(at)) return false;
    if (included.length > 0) return included.includes(at);
    return floor.every((bound) => at >= bound) && ceiling.every((bound) => at <= bound);
  });
}

/** A bound may be a name or OpenSSL's number: 0303 is TLS 1.2. */
function rankOfBound(bound: string, rank: (name: string) => number): number {
  const number = /^(?:0x)?0?3(0[0-4])$/i.exec(bound)?.[1];
  return number === undefined ? rank(bound) : Number(number) + 1;
}
