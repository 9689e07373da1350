import { isEmpty, subtract, noAddresses, toNetworks, union } from '../address/range-set.ts';
import { hasHostBits, networkOf } from '../authorise/term-addresses.ts';
import type { SpfRecord } from '../syntax/record.ts';
import type { AddressTerm, SpfTerm } from '../syntax/term.ts';
import type { SpfFinding } from './finding.ts';

type Rule = (record: SpfRecord) => SpfFinding[];

/** What can be said about a record without asking DNS, in the order in which it is reported. */
export const recordRules: readonly Rule[] = [
  unreadable,
  openToEverybody,
  withoutEnd,
  neverReached,
  usesPtr,
  hostBits,
  wideNetwork,
  repeatedAddresses,
  existsForEverybody,
  strangeModifier,
];

function unreadable({ problems }: SpfRecord): SpfFinding[] {
  return problems.map(({ code, range, message, advice }) => ({
    rule: code,
    level: 'error',
    message,
    advice,
    range,
  }));
}

function openToEverybody({ terms }: SpfRecord): SpfFinding[] {
  return terms.filter(isAll).flatMap((term): SpfFinding[] => {
    if (term.type !== 'mechanism' || term.qualifier === '-' || term.qualifier === '~') return [];
    return term.qualifier === '+'
      ? [
          about(
            term,
            'all-passes',
            'error',
            `"${term.text}" lets every address pass`,
            'End the record with "-all" or "~all".',
          ),
        ]
      : [
          about(
            term,
            'all-neutral',
            'warning',
            `"${term.text}" says nothing about anybody else`,
            'End the record with "-all" or "~all".',
          ),
        ];
  });
}

function withoutEnd({ terms, problems }: SpfRecord): SpfFinding[] {
  if (problems.length > 0 || terms.some((term) => isAll(term) || isRedirect(term))) return [];
  return [
    {
      rule: 'no-end',
      level: 'warning',
      message: 'the record says nothing about everybody else, who get neutral',
      advice: 'End it with "-all"; a record made only to be included may stay as it is.',
    },
  ];
}

function neverReached({ terms }: SpfRecord): SpfFinding[] {
  const all = terms.find(isAll);
  if (!all) return [];
  return terms.flatMap((term): SpfFinding[] => {
    if (isRedirect(term)) {
      return [
        about(
          term,
          'redirect-beside-all',
          'warning',
          `"${term.text}" means nothing beside "${all.text}"`,
          'Remove one of the two.',
        ),
      ];
    }
    if (term.type !== 'mechanism' || term.range.start <= all.range.start) return [];
    return [
      about(
        term,
        'after-all',
        'warning',
        `"${term.text}" stands after "${all.text}" and never has a say`,
        `Move it before "${all.text}" or remove it.`,
      ),
    ];
  });
}

function usesPtr({ terms }: SpfRecord): SpfFinding[] {
  return terms.flatMap((term): SpfFinding[] => {
    if (term.type === 'mechanism' && term.name === 'ptr') {
      return [
        about(
          term,
          'ptr',
          'warning',
          '"ptr" is slow and unreliable, and some receivers ignore it',
          'Name the networks with ip4 and ip6 (RFC 7208 section 5.5).',
        ),
      ];
    }
    const spec = term.type === 'mechanism' && 'domain' in term ? term.domain : undefined;
    if (!spec?.parts.some((part) => part.type === 'expand' && part.letter === 'p')) return [];
    return [
      about(
        term,
        'ptr-macro',
        'warning',
        '"%{p}" costs a lookup and is often "unknown"',
        'Use "%{i}" or "%{h}" (RFC 7208 section 7.2).',
      ),
    ];
  });
}

function hostBits({ terms }: SpfRecord): SpfFinding[] {
  return terms
    .filter(isAddress)
    .filter(hasHostBits)
    .map((term) => {
      const [meant] = toNetworks(networkOf(term));
      return about(
        term,
        'host-bits',
        'warning',
        `"${term.text}" has bits set beyond its prefix`,
        `Write "${term.name}:${meant!.text}", or the single address if that is meant.`,
      );
    });
}

function wideNetwork({ terms }: SpfRecord): SpfFinding[] {
  return terms.filter(isAddress).flatMap((term): SpfFinding[] => {
    const prefix = term.prefix ?? 128;
    if (term.qualifier !== '+' || prefix >= (term.name === 'ip4' ? 16 : 32)) return [];
    const level = prefix === 0 ? 'error' : 'warning';
    return [
      about(
        term,
        'wide-network',
        level,
        `"${term.text}" lets ${prefix === 0 ? 'every' : 'a very large part of all'} IPv${term.name === 'ip4' ? 4 : 6} addresses pass`,
        'Name the networks that really send.',
      ),
    ];
  });
}

/** Addresses that an earlier term with the same qualifier has decided about already. */
function repeatedAddresses({ terms }: SpfRecord): SpfFinding[] {
  let seen = noAddresses;
  return terms.filter(isAddress).flatMap((term): SpfFinding[] => {
    const own = networkOf(term);
    const isNew = !isEmpty(subtract(own, seen));
    seen = union(seen, own);
    if (isNew) return [];
    return [
      about(
        term,
        'repeated-addresses',
        'note',
        `the addresses of "${term.text}" are decided about by earlier terms`,
        'Remove the term.',
      ),
    ];
  });
}

function existsForEverybody({ terms }: SpfRecord): SpfFinding[] {
  return terms.flatMap((term): SpfFinding[] => {
    if (
      term.type !== 'mechanism' ||
      term.name !== 'exists' ||
      term.domain.parts.some((part) => part.type === 'expand')
    )
      return [];
    return [
      about(
        term,
        'exists-without-macro',
        'warning',
        `"${term.text}" gives every client the same answer`,
        'Put a macro such as "%{i}" into the name, or remove the term.',
      ),
    ];
  });
}

function strangeModifier({ terms }: SpfRecord): SpfFinding[] {
  return terms.flatMap((term): SpfFinding[] => {
    if (term.type !== 'modifier' || isRedirect(term) || term.name === 'exp') return [];
    const advice = /^(ip4|ip6|a|mx|include|exists|ptr)$/.test(term.name)
      ? `Mechanisms take a colon: "${term.name}:…".`
      : 'Check its spelling, or remove it.';
    const level = advice.startsWith('Mechanisms') ? 'error' : 'note';
    return [
      about(term, 'unknown-modifier', level, `the modifier "${term.name}=" means nothing to a check`, advice),
    ];
  });
}

function about(
  term: SpfTerm,
  rule: string,
  level: SpfFinding['level'],
  message: string,
  advice: string,
): SpfFinding {
  return { rule, level, message, advice, range: term.range };
}

function isAll(term: SpfTerm): boolean {
  return term.type === 'mechanism' && term.name === 'all';
}

function isRedirect(term: SpfTerm): boolean {
  return term.type === 'modifier' && term.name === 'redirect';
}

function isAddress(term: SpfTerm): term is AddressTerm {
  return term.type === 'mechanism' && (term.name === 'ip4' || term.name === 'ip6');
}
