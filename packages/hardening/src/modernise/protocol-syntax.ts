import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Setting } from '../subject/setting.ts';

const ladder = ['sslv2', 'sslv3', 'tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'];
const names = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

export const protocolSyntax: Measure = defineMeasure({
  id: 'protocol-syntax',
  title: 'The oldest TLS that is spoken is named as such',
  why: 'A list of what is not spoken has to grow with each version; since 3.6 one bound says the same.',
  source: 'postconf(5) smtpd_tls_protocols; RELEASE_NOTES 3.6',
  versions: '>=3.6',
  plan(subject) {
    const settings = subject
      .writtenSettings()
      .filter(({ name }) => /^(smtpd?|lmtp|tlsproxy_(client_)?)_?tls_(mandatory_)?protocols$/.test(name));
    return {
      edits: settings.flatMap((setting) => {
        const bound = lowerBound(setting);
        return bound === undefined ? [] : [setting.set(bound)];
      }),
    };
  },
});

/** `>=X` for a list that excludes everything below X and nothing else, or names everything from X on. */
function lowerBound({ raw }: Setting): string | undefined {
  const words = raw
    .toLowerCase()
    .split(/[\s,:]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const excluded = words.filter((word) => word.startsWith('!')).map((word) => ladder.indexOf(word.slice(1)));
  const included = words.filter((word) => !word.startsWith('!')).map((word) => ladder.indexOf(word));
  if ([...excluded, ...included].some((rank) => rank < 0)) return undefined;
  // SSLv2 is in no OpenSSL of today, whether it is named or not.
  const allowed = ladder
    .map((_, rank) => rank)
    .filter(
      (rank) => rank > 0 && !excluded.includes(rank) && (included.length === 0 || included.includes(rank)),
    );
  const [lowest] = allowed;
  const isWhole = lowest !== undefined && allowed.length === ladder.length - lowest;
  return isWhole ? `>=${names[lowest]}` : undefined;
}
