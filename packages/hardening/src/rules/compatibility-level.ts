import { isBelowLevel, newestLevel } from '../knowledge/compatibility.ts';
import { defineRule, type Rule } from '../rule.ts';
import { raiseLevel } from '../measures/raise-level.ts';

export const compatibilityLevel: Rule = defineRule({
  id: 'compatibility-level',
  level: 'warning',
  versions: '>=3.0',
  source: 'COMPATIBILITY_README',
  title: 'Postfix runs with the defaults of an old release',
  why: 'Below level 1 smtpd_relay_restrictions is empty by default and below 2 the whole subnet and every subdomain may relay; each change of level is made explicit where the host may rely on it.',
  byHand: {
    because:
      'Something else than a level stands there, in an entry that a later one with the same name overrides, or this release knows no level.',
    steps:
      'Leave one compatibility_level in main.cf, with a level of this release; `postconf -d compatibility_level` and COMPATIBILITY_README say which there are and what they change.',
  },
  codes: ['bad-compatibility-level'],
  *check(subject) {
    for (const { message, level, at, setting } of subject.problems('bad-compatibility-level')) {
      const newest = newestLevel(subject);
      yield { message, level, at, fix: setting && newest !== undefined ? [setting.set(newest)] : undefined };
    }
    const setting = subject.main.setting('compatibility_level');
    const wanted = newestLevel(subject);
    if (subject.problems('bad-compatibility-level').length > 0) return;
    if (wanted === undefined || !isBelowLevel(setting.value, wanted)) return;
    yield {
      at: setting.at,
      level: isBelowLevel(setting.value, '2') ? 'warning' : 'note',
      message:
        setting.origin === 'default'
          ? `compatibility_level is not set: the defaults are those of Postfix 2`
          : `compatibility_level is ${setting.value}, a new installation of this version has ${wanted}`,
      fix: raiseLevel(subject, wanted),
    };
  },
});
