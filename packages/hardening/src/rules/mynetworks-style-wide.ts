import { defineRule, type Rule } from '../rule.ts';

export const mynetworksStyleWide: Rule = defineRule({
  id: 'mynetworks-style-wide',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) mynetworks_style; COMPATIBILITY_README',
  title: 'The neighbours of the host may relay',
  why: 'With a provider, the subnet (or the whole network class) belongs to other customers.',
  *check(subject) {
    const style = subject.main.setting('mynetworks_style');
    const value = style.value.toLowerCase();
    if (subject.main.sets('mynetworks') || (value !== 'subnet' && value !== 'class')) return;
    yield {
      at: style.at,
      level: value === 'class' ? 'error' : 'warning',
      message: `mynetworks is not set, so mynetworks_style = ${value} lets every neighbour relay`,
      fix: [style.set('host')],
    };
  },
});
