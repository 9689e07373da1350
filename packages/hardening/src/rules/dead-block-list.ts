import { computedList } from '../knowledge/computed-list.ts';
import { findList } from '@postern/dnsbl';
import { allowRestrictions, listRestrictions, readListArgument } from '../knowledge/block-lists.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';
import type { Subject } from '../subject/subject.ts';

export const deadBlockList: Rule = defineRule({
  id: 'dead-block-list',
  level: 'error',
  versions: 'all',
  source: 'the registry of @postern/dnsbl, with the source of each entry',
  title: 'A list is asked that is no more',
  why: 'A dead list costs a time-out for each client; one whose domain was sold or wildcarded refuses all mail.',
  byHand: computedList,
  *check(subject: Subject): Iterable<Report> {
    for (const { list, item } of subject.restrictions(...listRestrictions, ...allowRestrictions)) {
      const message = epitaph(readListArgument(item.argument).zone);
      if (message === undefined) continue;
      yield { at: item.at, message, fix: list.edit((draft) => draft.remove(item)) };
    }
    const sites = subject.main.setting('postscreen_dnsbl_sites');
    const words = splitList(sites.raw);
    for (const word of words) {
      const message = epitaph(readListArgument(word.text).zone);
      if (message === undefined) continue;
      const rest = words.filter((each) => each !== word).map((each) => each.text);
      yield { at: sites.placeOf(word.start), message, fix: [sites.set(layOutList(rest, sites.written))] };
    }
  },
});

function epitaph(zone: string): string | undefined {
  const match = findList(zone);
  if (match?.status !== 'dead') return undefined;
  const { name, fate, since, instead } = match.list;
  const fates = {
    'shut-down': 'was shut down',
    wildcarded: 'lists every address',
    merged: 'went into another list',
  };
  return `${zone} (${name}) ${fates[fate]}${since ? ` (${since})` : ''}${instead ? `; ask ${instead} instead` : ''}`;
}
