import { restriction } from '@postern/config';
import { entryAt } from '../knowledge/list-entry.ts';
import { problemRule, suggestionIn } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';
import type { FoundProblem } from '../subject/found-problem.ts';

export const unknownRestriction: Rule = problemRule({
  id: 'unknown-restriction',
  level: 'error',
  versions: 'all',
  source: 'smtpd_check.c of the source; SMTPD_ACCESS_README',
  title: 'A restriction list holds what is no restriction',
  why: 'smtpd answers 451 as soon as it comes to it: all mail waits. "postfix check" does not see it.',
  byHand: {
    because:
      'The word stands in an expression, in a class that nothing reads, or where the list cannot be told into entries.',
    steps:
      'Write the list out, one entry a line, and correct the word; SMTPD_ACCESS_README and `postern simulate` say what each entry does.',
  },
  codes: [
    'unknown-restriction',
    'restriction-not-built-in',
    'bad-restriction-argument',
    'bare-table-in-restrictions',
  ],
  fix(found, subject) {
    const place = entryAt(found, subject);
    if (!place) return undefined;
    const { list, item } = place;
    const meant = found.code === 'unknown-restriction' ? nameMeant(found) : undefined;
    return list.edit((draft) => {
      if (meant !== undefined)
        draft.replace(
          item,
          item.text.replace(found.text, () => meant),
        );
      else draft.remove(item);
    });
  },
});

/** The known name in a word such as `reject_unauth_destination\`, or the one that is most like it. */
function nameMeant({ text, message }: FoundProblem): string | undefined {
  const bare = text.replaceAll(/^\W+|\W+$/g, '');
  return bare !== text && restriction(bare) ? bare : suggestionIn(message);
}
