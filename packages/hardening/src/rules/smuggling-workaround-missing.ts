import { computedList } from '../knowledge/computed-list.ts';
import { bareNewlineValue, offersChunking } from '../knowledge/smuggling.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';
import type { Subject } from '../subject/subject.ts';

export const smugglingWorkaroundMissing: Rule = defineRule({
  id: 'smuggling-workaround-missing',
  level: 'error',
  versions: 'all',
  source: 'postfix.org/smtp-smuggling.html, short-term workaround',
  title: 'Smuggled mail is accepted by a release without the cure',
  why: 'This patch level has no smtpd_forbid_bare_newline. Refusing data that comes before our answer, with BDAT not offered, stops the known attacks until Postfix is upgraded.',
  byHand: computedList,
  *check(subject: Subject): Iterable<Report> {
    if (bareNewlineValue(subject) !== undefined) return;
    const seen = new Set<string>();
    for (const server of subject.servers.filter((each) => servesOthers(each))) {
      const list = server.list('smtpd_data_restrictions');
      const pipelining = list.items.some(
        (item) => item.name === 'reject_unauth_pipelining' && !item.warnOnly,
      );
      if (!pipelining && !seen.has(list.setting.key)) {
        seen.add(list.setting.key);
        yield {
          at: list.setting.at ?? server.at,
          message:
            'smtpd_data_restrictions does not refuse pipelined data, and this release has no better cure',
          fix: list.edit((draft) => draft.prepend('reject_unauth_pipelining')),
        };
      }
      if (!offersChunking(subject)) continue;
      const discard = server.setting('smtpd_discard_ehlo_keywords');
      const words = discard.value
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((word) => word !== '');
      if (words.includes('chunking') || seen.has(discard.key)) continue;
      seen.add(discard.key);
      const wanted = [
        discard.value,
        ...['chunking', 'silent-discard'].filter((word) => !words.includes(word)),
      ];
      yield {
        at: discard.at ?? server.at,
        message: 'CHUNKING is offered, and BDAT goes around the check for pipelined data',
        fix: [discard.set(wanted.filter((word) => word !== '').join(', '))],
      };
    }
  },
});
