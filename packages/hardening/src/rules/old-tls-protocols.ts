import { clientTlsPolicy, someTlsRequired, tlsPolicy } from '../knowledge/server-tls.ts';
import { modernProtocols, oldProtocols } from '../knowledge/tls-protocols.ts';
import { defineRule, type Rule } from '../rule.ts';
import type { Setting } from '../subject/setting.ts';

export const oldTlsProtocols: Rule = defineRule({
  id: 'old-tls-protocols',
  level: 'warning',
  versions: '>=2.9',
  source: 'postconf(5) smtpd_tls_protocols, smtp_tls_protocols; RFC 8996',
  title: 'TLS older than 1.2 is still spoken',
  why: 'TLS 1.0 and 1.1 are broken and withdrawn; every server and client that is maintained speaks 1.2.',
  *check(subject) {
    const settings: Setting[] = [
      ...subject.settings('smtpd_tls_protocols', (server) => tlsPolicy(server) !== 'off'),
      // A server that only offers TLS does not read it.
      ...subject.settings('smtpd_tls_mandatory_protocols', (server) => tlsPolicy(server) === 'required'),
    ];
    if (clientTlsPolicy(subject.main) !== 'off') settings.push(subject.main.setting('smtp_tls_protocols'));
    if (someTlsRequired(subject)) settings.push(subject.main.setting('smtp_tls_mandatory_protocols'));
    for (const setting of settings) {
      const old = oldProtocols(setting.value);
      if (old.length === 0) continue;
      yield {
        at: setting.at,
        message: `${setting.name}${setting.origin === 'default' ? ' is not set and' : ''} lets ${old.join(', ')} through`,
        fix: [setting.set(modernProtocols(subject))],
      };
    }
  },
});
