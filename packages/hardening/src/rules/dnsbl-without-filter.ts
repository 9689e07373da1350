import { findList } from '@postern/dnsbl';
import { filterFor, listRestrictions, readListArgument } from '../knowledge/block-lists.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';
import type { Subject } from '../subject/subject.ts';

export const dnsblWithoutFilter: Rule = defineRule({
  id: 'dnsbl-without-filter',
  level: 'error',
  versions: '>=2.8',
  source: 'postconf(5) reject_rbl_client, postscreen_dnsbl_sites; Spamhaus return codes',
  title: 'A block list is trusted for any answer it gives',
  why: 'A public resolver, an expired domain or a closed list answers for every address: all mail is refused.',
  byHand: {
    because:
      'The zone is not written in the list itself but comes out of another parameter or an expression, which may be used elsewhere too.',
    steps:
      'Find where the zone is written and put the reply codes behind it there, as in `zen.spamhaus.org=127.0.0.[2..11]`; the operator of the list says which codes mean what.',
  },
  *check(subject: Subject): Iterable<Report> {
    for (const { list, item } of subject.restrictions(...listRestrictions)) {
      const { zone, filter } = readListArgument(item.argument);
      if (filter !== undefined || zone === '' || findList(zone)?.status === 'dead') continue;
      yield {
        at: item.at,
        message: `${zone} is asked without a reply filter: an error code or a parked domain refuses all mail`,
        // A zone that comes out of another parameter is named there, not here; smtpd knows no weights.
        fix: item.text.endsWith(` ${item.argument}`)
          ? list.edit((draft) => {
              const name = item.text.slice(0, -item.argument.length);
              draft.replace(item, `${name}${zone}=${filterFor(zone)}`);
            })
          : undefined,
      };
    }
    const sites = subject.main.setting('postscreen_dnsbl_sites');
    const words = splitList(sites.raw);
    for (const word of words) {
      const { zone, filter, weight } = readListArgument(word.text);
      if (filter !== undefined || !/^[\w.-]+$/.test(zone) || findList(zone)?.status === 'dead') continue;
      const filtered = `${zone}=${filterFor(zone)}${weight === undefined ? '' : `*${weight}`}`;
      yield {
        at: sites.placeOf(word.start),
        message: `${zone} scores for any answer, error codes too`,
        fix: [
          sites.set(
            layOutList(
              words.map((each) => (each === word ? filtered : each.text)),
              sites.written,
            ),
          ),
        ],
      };
    }
  },
});
