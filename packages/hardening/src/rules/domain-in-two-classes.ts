import { defineRule, type Report, type Rule } from '../rule.ts';
import { splitList } from '../subject/list-text.ts';
import type { Subject } from '../subject/subject.ts';

export const domainInTwoClasses: Rule = defineRule({
  id: 'domain-in-two-classes',
  level: 'warning',
  versions: 'all',
  source: 'ADDRESS_CLASS_README; trivial-rewrite(8)',
  title: 'A domain is in two address classes',
  why: 'Postfix takes one of them and warns for each message: mail goes to the wrong place or unknown users are not refused.',
  byHand: {
    because:
      'Each class delivers in its own way: to users of the system, to aliases, to virtual mailboxes or to another host. Where the mail of this domain belongs is not in the files.',
    steps:
      'Decide where its mailboxes are. Take the domain out of the other list, and its addresses out of the tables of that class; then send a message to one address that exists and one that does not, with `postern simulate`.',
  },
  *check(subject: Subject): Iterable<Report> {
    const pairs = [
      ['virtual_alias_domains', 'mydestination'],
      ['virtual_mailbox_domains', 'mydestination'],
      ['virtual_alias_domains', 'virtual_mailbox_domains'],
      ['virtual_alias_domains', 'relay_domains'],
      ['virtual_mailbox_domains', 'relay_domains'],
    ] as const;
    for (const [one, other] of pairs) {
      const setting = subject.main.setting(one);
      if (!subject.main.sets(one) || !subject.main.sets(other)) continue;
      const others = new Set(domains(subject.main.setting(other).value));
      for (const domain of domains(setting.value)) {
        if (others.has(domain)) yield { at: setting.at, message: `${domain} is in both ${one} and ${other}` };
      }
    }
  },
});

/** The domains that are written out; what is in tables and files is not known here. */
function domains(value: string): string[] {
  return splitList(value)
    .map((word) => word.text.toLowerCase())
    .filter((word) => /^[\w.-]+$/.test(word));
}
