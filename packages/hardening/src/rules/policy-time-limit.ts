import { parseDuration } from '@postern/config';
import { spawnedPolicies } from '../knowledge/policy-services.ts';
import { defineRule, type Rule } from '../rule.ts';

export const policyTimeLimit: Rule = defineRule({
  id: 'policy-time-limit',
  level: 'warning',
  versions: '>=2.1',
  source: 'SMTPD_POLICY_README; spawn(8) transport_time_limit',
  title: 'A policy service is killed while it is in use',
  why: 'smtpd keeps its connection to the service; spawn(8) kills the program after command_time_limit (1000 s), and the mail of that moment is deferred.',
  *check(subject) {
    for (const { service, at } of spawnedPolicies(subject)) {
      const setting = subject.main.setting(`${service.name}_time_limit`);
      const effective = setting.value === '' ? subject.main.setting('command_time_limit') : setting;
      if ((parseDuration(effective.value, 's') ?? 0) >= 3600) continue;
      yield {
        at: setting.at ?? at,
        message: `${setting.name} is ${setting.origin === 'default' ? 'not set' : setting.value}: ${service.name} lives for ${effective.value}`,
        fix: [setting.set('3600s')],
      };
    }
  },
});
