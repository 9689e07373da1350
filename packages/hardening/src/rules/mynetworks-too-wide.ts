import { isTooWide, readNetwork } from '../knowledge/networks.ts';
import { defineRule, type Rule } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';

export const mynetworksTooWide: Rule = defineRule({
  id: 'mynetworks-too-wide',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) mynetworks',
  title: 'Strangers count as own clients',
  why: 'Everybody in mynetworks may relay and skips every check.',
  *check(subject) {
    for (const setting of subject.settings('mynetworks')) {
      const words = splitList(setting.raw);
      for (const word of words) {
        const network = readNetwork(word.text);
        if (!network || !isTooWide(network)) continue;
        const rest = words.filter((each) => each !== word).map((each) => each.text);
        yield {
          at: setting.placeOf(word.start),
          message: `${word.text} in mynetworks lets a large part of the internet relay`,
          fix: [setting.set(rest.length > 0 ? layOutList(rest, setting.written) : '127.0.0.0/8 [::1]/128')],
        };
      }
    }
  },
});
