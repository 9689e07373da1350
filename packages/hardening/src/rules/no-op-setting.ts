import { defaultOf, defaultUnit, parameter, parseDuration } from '@postern/config';
import { defineRule, type Rule } from '../rule.ts';

export const noOpSetting: Rule = defineRule({
  id: 'no-op-setting',
  level: 'note',
  versions: 'all',
  source: 'postconf(5), default values of the version',
  title: 'A setting is what it would be anyway',
  why: 'It changes nothing, looks as if it did, and pins an old default when Postfix finds a better one.',
  *check(subject) {
    for (const setting of subject.writtenSettings()) {
      const info = parameter(setting.name, subject.version);
      if (setting.origin !== 'main' || !info || info.perTransport) continue;
      // Only what claims to tune: an explicit `inet_interfaces = all` tells the reader something.
      if (!tunes(setting.name, info.type)) continue;
      const fallback = defaultOf(setting.name, subject.version);
      if (fallback === undefined || fallback.includes('$')) continue;
      const unit = defaultUnit(fallback);
      const same =
        info.type === 'time'
          ? parseDuration(setting.value, unit) === parseDuration(fallback, unit)
          : setting.value.toLowerCase() === fallback.toLowerCase();
      if (!same) continue;
      yield {
        at: setting.at,
        message: `${setting.name} = ${setting.raw} is the default of Postfix ${subject.version}`,
        fix: [setting.unset()],
      };
    }
  },
});

function tunes(name: string, type: string): boolean {
  return /^(time|integer|long)$/.test(type) || name === 'smtpd_delay_reject';
}
