import { defineMeasure, type Measure } from '../profiles/profile.ts';

export const dane: Measure = defineMeasure({
  id: 'dane',
  title: 'Outgoing TLS is checked against DNSSEC',
  why: 'Where the other side publishes TLSA records, nobody on the way can take the encryption away.',
  source:
    'TLS_README, "DANE TLS authentication"; postconf(5) smtp_tls_security_level, smtp_dns_support_level',
  versions: '>=2.11',
  plan({ main }, inputs) {
    if (inputs.dane !== true) return {};
    const level = main.setting('smtp_tls_security_level');
    const dns = main.setting('smtp_dns_support_level');
    return {
      edits: [
        // Whoever asks for more than opportunistic TLS keeps it.
        ...(/^(may|none)?$/i.test(level.value) ? [level.set('dane')] : []),
        ...(dns.value === 'dnssec' ? [] : [dns.set('dnssec')]),
      ],
    };
  },
});
