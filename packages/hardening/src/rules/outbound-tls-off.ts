import { clientTlsPolicy } from '../knowledge/server-tls.ts';
import { defineRule, type Rule } from '../rule.ts';

export const outboundTlsOff: Rule = defineRule({
  id: 'outbound-tls-off',
  level: 'warning',
  versions: '>=2.3',
  source: 'postconf(5) smtp_tls_security_level',
  title: 'Mail goes out unencrypted',
  why: 'The SMTP client does not use STARTTLS even where the other side offers it.',
  *check(subject) {
    if (clientTlsPolicy(subject.main) !== 'off') return;
    const setting = subject.main.setting('smtp_tls_security_level');
    yield {
      at: setting.at,
      message:
        setting.value === ''
          ? 'smtp_tls_security_level is not set: mail leaves in the clear'
          : `smtp_tls_security_level is ${setting.value}: mail leaves in the clear`,
      fix: [setting.set('may')],
    };
  },
});
