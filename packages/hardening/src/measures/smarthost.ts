import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';

export const smarthost: Measure = defineMeasure({
  id: 'smarthost',
  title: 'All mail goes out through one host',
  why: 'One host has the name, the keys and the reputation; this one hands everything to it, and with a password only over TLS.',
  source: 'postconf(5) relayhost, smtp_sasl_password_maps; SASL_README; STANDARD_CONFIGURATION_README',
  versions: '>=2.3',
  plan({ main }, inputs) {
    const relayhost = main.setting('relayhost');
    const wanted = inputs.smarthost;
    if (!wanted) {
      return relayhost.value === ''
        ? {
            notes: [
              { message: 'relayhost is not set, so mail goes to each domain directly. Input: smarthost' },
            ],
          }
        : {};
    }
    const values: [name: string, value: string][] = [['relayhost', wanted.host]];
    if (wanted.passwords !== undefined) {
      values.push(
        ['smtp_sasl_auth_enable', 'yes'],
        ['smtp_sasl_password_maps', wanted.passwords],
        ['smtp_sasl_security_options', 'noanonymous'],
      );
      // Whoever asks for more than encryption keeps it.
      if (/^(none|may|dane)?$/.test(main.setting('smtp_tls_security_level').value))
        values.push(['smtp_tls_security_level', 'encrypt']);
    }
    const edits = values.flatMap(([name, value]): Edit[] => {
      const setting = main.setting(name);
      return setting.value === value ? [] : [setting.set(value)];
    });
    return { edits };
  },
});
