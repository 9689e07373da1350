import { policyServices } from '../knowledge/policy-services.ts';
import { defineRule, type Rule } from '../rule.ts';

export const policyServiceUndefined: Rule = defineRule({
  id: 'policy-service-undefined',
  level: 'warning',
  versions: '>=2.1',
  source: 'SMTPD_POLICY_README',
  title: 'A policy service is asked that master.cf does not have',
  why: 'If nothing listens there, every recipient is answered with 451 and no mail comes in.',
  byHand: {
    because:
      'The socket may be made by a program outside Postfix, which master.cf does not show. Without that program every recipient is deferred, and with it nothing is wrong.',
    steps:
      'Look whether the socket exists below the queue directory while the service runs (`ls -l /var/spool/postfix/private`). If it does, allow this finding with a comment; if not, start the service, add it to master.cf, or take check_policy_service out of the list.',
  },
  *check(subject) {
    for (const { item, socket, service } of policyServices(subject)) {
      if (service || socket === undefined) continue;
      yield {
        at: item.at,
        // A program outside Postfix may make the socket.
        confidence: 'unknown',
        message: `master.cf has no service ${socket}; if no other program makes that socket, all mail is deferred`,
      };
    }
  },
});
