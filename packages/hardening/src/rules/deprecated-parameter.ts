import { parameter } from '@postern/config';
import { successorOf } from '../knowledge/deprecated.ts';
import { defineRule, type Rule } from '../rule.ts';

export const deprecatedParameter: Rule = defineRule({
  id: 'deprecated-parameter',
  level: 'warning',
  versions: 'all',
  source: 'DEPRECATION_README',
  title: 'A parameter is on its way out',
  why: 'Newer releases warn about it and will drop it; what it asks for then no longer happens.',
  byHand: {
    because:
      'The parameter has no successor that says the same, or its successor is set as well and says something else.',
    steps:
      'Read the entry in DEPRECATION_README, set what the host needs in the words of today, and take the old line out.',
  },
  codes: ['deprecated-parameter'],
  *check(subject) {
    for (const setting of subject.writtenSettings()) {
      const deprecated = parameter(setting.name)?.deprecated;
      const fix = successorOf(setting, subject);
      if (!deprecated) continue;
      const warns = subject.satisfies(`>=${deprecated.since}`);
      yield {
        at: setting.at,
        level: warns ? 'warning' : 'note',
        message: `${setting.name} is deprecated${warns ? '' : ` from ${deprecated.since} on`}${
          deprecated.replacement ? `; use ${deprecated.replacement}` : '; leave it out'
        }`,
        fix,
      };
    }
  },
});
