import { problemRule, replaceWord } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const networkWithHostBits: Rule = problemRule({
  id: 'network-with-host-bits',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) mynetworks; cidr_table(5); match_ops(3) of the source',
  title: 'A network pattern matches nobody',
  why: 'An address with bits behind its prefix is refused with a warning at each lookup: who should be let through is not.',
  byHand: {
    because:
      'What is written is no network and no address with extra bits either: which clients were meant is not in the file.',
    steps:
      'Write each network with the bits behind its prefix zero (192.0.2.0/24), single addresses without a prefix, IPv6 in brackets where the list takes them so.',
  },
  codes: ['bad-network'],
  fix({ setting, text, message }) {
    const network = /Write (\S+)\.$/.exec(message)?.[1];
    if (!setting || network === undefined) return undefined;
    const value = replaceWord(setting.raw, text, network);
    return value === undefined ? undefined : [setting.set(value)];
  },
});
