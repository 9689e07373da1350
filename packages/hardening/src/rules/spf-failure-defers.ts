import { computedList } from '../knowledge/computed-list.ts';
import { isSpf, policyServices } from '../knowledge/policy-services.ts';
import { defineRule, type Rule } from '../rule.ts';

export const spfFailureDefers: Rule = defineRule({
  id: 'spf-failure-defers',
  level: 'note',
  versions: '>=3.0',
  source: 'SMTPD_POLICY_README, "Policy client advanced configuration"',
  title: 'When the SPF service fails, all mail waits',
  why: 'SPF is one sign among others: without an answer mail should go on, not be deferred (the default is 451 4.3.5).',
  byHand: computedList,
  *check(subject) {
    for (const policy of policyServices(subject)) {
      if (!isSpf(policy) || policy.attributes.some((attribute) => attribute.startsWith('default_action=')))
        continue;
      if (subject.main.sets('smtpd_policy_service_default_action')) continue;
      const words = [policy.endpoint, ...policy.attributes, 'default_action=DUNNO'];
      yield {
        at: policy.item.at,
        message: `${policy.endpoint} has no default_action: when it does not answer, mail is deferred`,
        fix: policy.list.edit((draft) => {
          const prefix = policy.item.warnOnly ? 'warn_if_reject ' : '';
          draft.replace(policy.item, `${prefix}check_policy_service { ${words.join(', ')} }`);
        }),
      };
    }
  },
});
