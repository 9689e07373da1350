import { parameter } from '@postern/config';
import { defineRule, type Rule } from '../rule.ts';

export const newerThanVersion: Rule = defineRule({
  id: 'newer-than-version',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5), "available in Postfix version"',
  title: 'This Postfix does not know the parameter yet',
  why: 'It is ignored without a word at run time: what it asks for does not happen.',
  codes: ['parameter-not-in-version', 'parameter-removed'],
  *check(subject) {
    for (const setting of subject.writtenSettings()) {
      const info = parameter(setting.name);
      // An old name that was replaced goes on to be read: that is deprecated-parameter's affair.
      if (!info || info.perTransport || info.deprecated || subject.knows(setting.name)) continue;
      const gone = info.until !== undefined && !subject.satisfies(`<=${info.until}`);
      const since = [info.since, ...info.backports].join(', ');
      yield {
        at: setting.at,
        message: gone
          ? `${setting.name} is gone since Postfix ${info.until}`
          : `${setting.name} came with Postfix ${since}; ${subject.version} ignores it`,
        fix: [setting.unset()],
      };
    }
  },
});
