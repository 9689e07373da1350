import type { Setting } from '../subject/setting.ts';
import { certificateOf } from '../knowledge/server-tls.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';

export const certificate: Measure = defineMeasure({
  id: 'certificate',
  title: 'STARTTLS has a certificate',
  why: 'Without a certificate no client can encrypt. One list of files keeps key and chain together when they are renewed.',
  source: 'postconf(5) smtpd_tls_chain_files, smtpd_tls_cert_file; TLS_README',
  versions: '>=2.2',
  plan(subject, { tls }) {
    const { main } = subject;
    if (!tls) {
      if (subject.servers.some((server) => certificateOf(server) !== undefined)) return {};
      return {
        notes: [
          { message: 'No certificate is configured, so STARTTLS stays off for mail coming in. Input: tls' },
        ],
      };
    }
    const [chain, cert, key] = ['smtpd_tls_chain_files', 'smtpd_tls_cert_file', 'smtpd_tls_key_file'].map(
      (name) => main.setting(name),
    ) as [Setting, Setting, Setting];
    const files = [tls.key, tls.certificate];
    const separate = chain.value === '' && cert.value === tls.certificate && key.value === tls.key;
    if (separate || sameWords(chain.value, files)) return {};
    if (!subject.knows(chain.name)) return { edits: [cert.set(tls.certificate), key.set(tls.key)] };
    const replaced = [cert, key].filter((setting) => setting.origin !== 'default');
    return { edits: [chain.set(files.join(', ')), ...replaced.map((setting) => setting.unset())] };
  },
});

function sameWords(value: string, words: readonly string[]): boolean {
  return (
    value
      .split(/[\s,]+/)
      .filter(Boolean)
      .join(' ') === words.join(' ')
  );
}
