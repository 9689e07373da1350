import { tlsPolicy } from '../knowledge/server-tls.ts';
import { defineRule, type Rule } from '../rule.ts';
import { isYes } from '../subject/setting.ts';

export const plaintextAuth: Rule = defineRule({
  id: 'plaintext-auth',
  level: 'error',
  versions: '>=2.3',
  source: 'postconf(5) smtpd_tls_auth_only; RFC 8314',
  title: 'Passwords are accepted without encryption',
  why: 'AUTH is offered before STARTTLS: a client that is not careful sends its password for everybody on the way to read.',
  *check(subject) {
    const seen = new Set<string>();
    for (const server of subject.servers) {
      if (server.loopback || !server.isOn('smtpd_sasl_auth_enable')) continue;
      if (tlsPolicy(server) === 'required') continue;
      const setting = server.setting('smtpd_tls_auth_only');
      if (isYes(setting) || seen.has(setting.key)) continue;
      seen.add(setting.key);
      yield {
        at: setting.at ?? server.setting('smtpd_sasl_auth_enable').at ?? server.at,
        message: `AUTH is offered without TLS${server.service ? ` by ${server.service.name}` : ''}`,
        fix: [setting.set('yes')],
      };
    }
  },
});
