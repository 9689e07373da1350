import { defineRule, type Rule } from '../rule.ts';

export const softBounce: Rule = defineRule({
  id: 'soft-bounce',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) soft_bounce',
  title: 'soft_bounce was left on',
  why: 'Every refusal is temporary: senders keep trying for days, and nobody learns that an address is wrong.',
  *check(subject) {
    for (const setting of subject.writtenSettings()) {
      if (setting.name !== 'soft_bounce' || setting.value.toLowerCase() !== 'yes') continue;
      yield { at: setting.at, message: 'soft_bounce is on', fix: [setting.unset()] };
    }
  },
});
