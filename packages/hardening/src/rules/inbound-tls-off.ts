import { certificateOf, tlsPolicy } from '../knowledge/server-tls.ts';
import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const inboundTlsOff: Rule = defineRule({
  id: 'inbound-tls-off',
  level: 'warning',
  versions: '>=2.3',
  source: 'postconf(5) smtpd_tls_security_level; RFC 3207',
  title: 'Mail comes in unencrypted',
  why: 'Without STARTTLS everybody on the way reads the mail.',
  byHand: {
    because: 'STARTTLS needs a certificate and its key, and a plan cannot make one that others trust.',
    steps:
      'Get a certificate for the host’s name (any ACME client), set smtpd_tls_chain_files (3.4 and later) or smtpd_tls_cert_file and smtpd_tls_key_file, and smtpd_tls_security_level = may; or give certificate and key to `postern plan` with --cert and --key.',
  },
  *check(subject) {
    const seen = new Set<string>();
    for (const server of subject.servers) {
      if (!servesOthers(server) || tlsPolicy(server) !== 'off') continue;
      const setting = server.setting('smtpd_tls_security_level');
      if (seen.has(setting.key)) continue;
      seen.add(setting.key);
      const certificate = certificateOf(server);
      yield {
        at: setting.at ?? server.at,
        message: certificate
          ? `STARTTLS is not offered although ${certificate} is configured`
          : 'STARTTLS is not offered, and no certificate is configured',
        fix: certificate ? [setting.set('may')] : undefined,
      };
    }
  },
});
