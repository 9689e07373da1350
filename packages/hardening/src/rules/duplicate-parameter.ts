import { valueOf, type ParameterEntry } from '@postern/config';
import { defineRule, type MendedReport, type Rule } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';
import { layOutList, splitList } from '../subject/list-text.ts';

export const duplicateParameter: Rule = defineRule({
  id: 'duplicate-parameter',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5), "main.cf file format": the last instance holds',
  title: 'A parameter is set more than once',
  why: 'Only the last one counts; who edits the first changes nothing.',
  codes: ['duplicate-parameter'],
  *check(subject: Subject): Iterable<MendedReport> {
    const entries = subject.main.tree.entries.filter((entry) => entry.type === 'parameter');
    for (const [name, all] of Map.groupBy(entries, (entry) => entry.name)) {
      const last = all.at(-1)!;
      for (const entry of all.slice(0, -1)) {
        const same = valueOf(entry) === valueOf(last);
        yield {
          at: subject.placeOfParameter(entry),
          level: same ? 'note' : 'warning',
          message: `${name} is set again in line ${subject.placeOfParameter(last).line}${same ? '' : ', and this value is lost'}`,
          fix: [
            { type: 'remove-parameter', name },
            { type: 'set-parameter', name, value: valueAgain(last) },
          ],
        };
      }
    }
  },
});

/** The value, one entry a line where it had several lines. */
function valueAgain(entry: ParameterEntry): string {
  const value = valueOf(entry);
  const isList = /\n./.test(entry.text.trimEnd()) && value.includes(',');
  return isList
    ? layOutList(
        splitList(value).map((word) => word.text),
        '',
      )
    : value;
}
