import { rule, type Rule } from '../rule.ts';

export const strangersRefused: Rule = rule({
  id: 'strangers-refused',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) smtpd_client_restrictions; RFC 5321 section 4.1',
  title: 'Port 25 refuses everybody who is not an own client',
  why: 'A checklist asks for smtpd_client_restrictions = permit_mynetworks, reject; on a host that is named in an MX record it refuses all mail from outside.',
  *check(subject) {
    for (const server of subject.servers.filter(({ role, loopback }) => role === 'mx' && !loopback)) {
      for (const name of [
        'smtpd_client_restrictions',
        'smtpd_helo_restrictions',
        'smtpd_sender_restrictions',
      ]) {
        const list = server.list(name);
        const end = list.items.findIndex((item) => /^(reject|defer)$/.test(item.name) && !item.warnOnly);
        const known =
          /^(permit_mynetworks|permit_sasl_authenticated|permit_inet_interfaces|permit_tls_clientcerts)$/;
        if (end < 0 || !list.items.slice(0, end).every((item) => known.test(item.name))) continue;
        const item = list.items[end]!;
        yield {
          at: item.at,
          // A host for own clients only may want it.
          confidence: 'likely',
          message: `${name} ends in ${item.name} for everybody but own clients`,
          fix: list.edit((draft) => draft.remove(item)),
        };
      }
    }
  },
});
