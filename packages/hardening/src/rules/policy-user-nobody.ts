import { runsSpf } from '../knowledge/policy-services.ts';
import { defineRule, type Rule } from '../rule.ts';

export const policyUserNobody: Rule = defineRule({
  id: 'policy-user-nobody',
  level: 'note',
  versions: 'all',
  source: 'spawn(8) user; policyd-spf(1)',
  title: 'The SPF service runs as nobody',
  why: 'Every program that runs as nobody can get at every other; the package has a user of its own.',
  *check(subject) {
    if (!/^policyd-spf:/m.test(subject.file('/etc/passwd') ?? '')) return;
    for (const { service, at } of subject.services) {
      if (!runsSpf(service) || !service.arguments.includes('user=nobody')) continue;
      const words = service.arguments.map((word) => (word === 'user=nobody' ? 'user=policyd-spf' : word));
      yield {
        at,
        message: `${service.name} runs as nobody, and there is a user policyd-spf`,
        fix: [{ type: 'put-service', service: { ...service, arguments: words } }],
      };
    }
  },
});
