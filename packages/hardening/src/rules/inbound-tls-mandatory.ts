import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const inboundTlsMandatory: Rule = defineRule({
  id: 'inbound-tls-mandatory',
  level: 'warning',
  versions: '>=2.3',
  source: 'RFC 3207 section 4; postconf(5) smtpd_tls_security_level',
  title: 'Port 25 takes mail only over TLS',
  why: 'A host that is named in an MX record must take mail from senders without TLS too, else mail is lost.',
  *check(subject) {
    const level = (name: string) => subject.settings(name, servesOthers);
    for (const setting of level('smtpd_tls_security_level')) {
      if (setting.value.toLowerCase() !== 'encrypt') continue;
      yield {
        at: setting.at,
        message: 'smtpd_tls_security_level is encrypt on port 25',
        fix: [setting.set('may')],
      };
    }
    for (const setting of level('smtpd_enforce_tls')) {
      const replaced = level('smtpd_tls_security_level').every(({ value }) => value !== '');
      if (setting.value.toLowerCase() !== 'yes' || replaced) continue;
      yield {
        at: setting.at,
        message: 'smtpd_enforce_tls refuses mail without TLS on port 25',
        fix: [setting.unset(), ...level('smtpd_tls_security_level').map((each) => each.set('may'))],
      };
    }
  },
});
