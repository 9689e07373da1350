import { spawnedPolicies } from '../knowledge/policy-services.ts';
import { defineRule, type Rule } from '../rule.ts';

export const policyProcessLimit: Rule = defineRule({
  id: 'policy-process-limit',
  level: 'warning',
  versions: '>=2.1',
  source: 'SMTPD_POLICY_README; master(5) maxproc',
  title: 'A policy service may run out of processes',
  why: 'Each smtpd holds a process of the service; when there are fewer of them than smtpd processes, mail is deferred. The smtpd limit is the bound.',
  *check(subject) {
    for (const { service, at } of spawnedPolicies(subject)) {
      if (service.maxproc === 0) continue;
      yield {
        at,
        message: `${service.name} may run ${service.maxproc ?? 'default_process_limit'} processes; it needs one for each smtpd (maxproc 0)`,
        fix: [{ type: 'put-service', service: { ...service, maxproc: 0 } }],
      };
    }
  },
});
