import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const authOnPort25: Rule = defineRule({
  id: 'auth-on-port-25',
  level: 'warning',
  versions: 'all',
  source: 'RFC 8314 section 3; RFC 6409',
  title: 'Users log in on the port for mail from strangers',
  why: 'Port 25 is where passwords are guessed, and its checks are for strangers; users have 465 and 587.',
  byHand: {
    because:
      'No submission service offers AUTH, or port 25 is not a service of its own in master.cf: without another door the users would be locked out.',
    steps:
      'Turn on submissions (465) and submission (587) in master.cf, move the users there, and then set `-o smtpd_sasl_auth_enable=no` for port 25. `postern plan --profile internet-mx` plans all of it once it knows where passwords are checked.',
  },
  *check(subject) {
    const submission = subject.servers.some(
      (server) => /^submissions?$/.test(server.role) && server.isOn('smtpd_sasl_auth_enable'),
    );
    for (const server of subject.servers) {
      if (!servesOthers(server) || !server.isOn('smtpd_sasl_auth_enable')) continue;
      const { service } = server;
      yield {
        at: server.setting('smtpd_sasl_auth_enable').at ?? server.at,
        message: `AUTH is offered on port 25${submission ? '' : ', and no submission service offers it'}`,
        // Without another door this would lock the users out.
        fix:
          service && submission
            ? [
                {
                  type: 'set-service-option',
                  name: service.name,
                  serviceType: service.type,
                  option: 'smtpd_sasl_auth_enable',
                  value: 'no',
                },
              ]
            : undefined,
      };
    }
  },
});
