import { defineRule, type Rule } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';

export const relayDomainsWide: Rule = defineRule({
  id: 'relay-domains-wide',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) relay_domains, parent_domain_matches_subdomains; COMPATIBILITY_README',
  title: 'relay_domains takes in more than the domains meant',
  why: 'Every subdomain of a name in relay_domains may be relayed to: $mydestination adds all hosts below the own domain, a wildcard the whole world.',
  *check(subject) {
    const setting = subject.main.setting('relay_domains');
    if (setting.origin === 'default') return;
    const words = splitList(setting.raw);
    for (const word of words) {
      const all = /^(\*|static:.*)$/.test(word.text);
      const own = /^\$[({]?mydestination[)}]?$/.test(word.text);
      if (!all && !own) continue;
      const rest = words.filter((each) => each !== word).map((each) => each.text);
      yield {
        at: setting.placeOf(word.start),
        level: all ? 'error' : 'warning',
        message: all
          ? `${word.text} in relay_domains stands for every domain`
          : `relay_domains holds ${word.text}`,
        fix: [setting.set(layOutList(rest, setting.written))],
      };
    }
  },
});
