import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const vrfyEnabled: Rule = defineRule({
  id: 'vrfy-enabled',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) disable_vrfy_command',
  title: 'VRFY tells strangers which users exist',
  why: 'No mail needs VRFY; it serves those who collect addresses.',
  *check(subject) {
    for (const setting of subject.settings('disable_vrfy_command', servesOthers)) {
      if (setting.value.toLowerCase() !== 'no') continue;
      yield {
        at: setting.at,
        message: `disable_vrfy_command is ${setting.origin === 'default' ? 'not set' : 'no'}: VRFY is answered`,
        fix: [setting.set('yes')],
      };
    }
  },
});
