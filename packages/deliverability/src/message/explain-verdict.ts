import type { MessageVerdict } from './authenticate-message.ts';

/** The verdict in sentences: what a receiver who follows DMARC does, and what it rests on. */
export function explainVerdict({
  from,
  spf,
  dkim,
  dmarc,
  arc,
}: Omit<MessageVerdict, 'explanation'>): string[] {
  const author = from[0] ?? '';
  return [
    ...dmarcSentence(from, dmarc),
    spfSentence(spf),
    ...dkimSentences(dkim),
    ...(dmarc.result === 'fail' ? alignmentAdvice(author, spf, dkim) : []),
    ...(arc.instance > 0
      ? [
          `It came through ${arc.instance} ${arc.instance === 1 ? 'host that sealed' : 'hosts that sealed'} it (ARC): ${arc.result}.`,
        ]
      : []),
  ];
}

function dmarcSentence(from: readonly string[], dmarc: MessageVerdict['dmarc']): string[] {
  if (from.length === 0)
    return ['There is no From address: no policy can be found, and many receivers refuse such a message.'];
  if (from.length > 1)
    return [
      `The From field names ${from.length} domains: DMARC cannot be evaluated, and many receivers refuse such a message.`,
    ];
  const [author] = from;
  switch (dmarc.result) {
    case 'pass': {
      const by = [
        ...(dmarc.alignedSpf === null ? [] : [`SPF (${dmarc.alignedSpf})`]),
        ...(dmarc.alignedDkim === null ? [] : [`DKIM (${dmarc.alignedDkim})`]),
      ].join(' and ');
      return [`DMARC passes: ${by} vouches for ${author}.`];
    }
    case 'fail':
      return [
        `DMARC fails: nothing that passed vouches for ${author}, and ${dmarc.policyDomain ?? author} asks receivers to ${
          { reject: 'reject it', quarantine: 'put it into quarantine', none: 'let it through and report' }[
            dmarc.policy ?? 'none'
          ]
        }.`,
      ];
    case 'temperror':
      return [
        `DMARC could not be decided: DNS failed for ${author}. A receiver defers or goes on without it.`,
      ];
    case 'permerror':
      return [`The DMARC record for ${author} cannot be used.`];
    default:
      return [`${author} has no DMARC policy: nothing says what to do with forged mail.`];
  }
}

function spfSentence({ result, domain, ip, identity, matched, error }: MessageVerdict['spf']): string {
  const who = identity === 'helo' ? 'the HELO name' : 'the envelope sender';
  const because = matched ? `, by ${matched.term}` : error ? `: ${error.message}` : '';
  return `SPF for ${who} ${domain === '' ? '(no domain)' : domain} from ${ip}: ${result}${because}.`;
}

function dkimSentences(dkim: MessageVerdict['dkim']): string[] {
  const signed = dkim.filter(({ result }) => result !== 'none');
  if (signed.length === 0) return ['It carries no DKIM signature.'];
  return signed.map(
    ({ domain, selector, result, comment, unsigned }) =>
      `DKIM signature of ${domain} (selector ${selector}): ${result}${comment === undefined ? '' : `, ${comment}`}${
        unsigned === undefined
          ? ''
          : `; it leaves ${unsigned} bytes of the body unsigned, which anybody may have added`
      }.`,
  );
}

function alignmentAdvice(author: string, spf: MessageVerdict['spf'], dkim: MessageVerdict['dkim']): string[] {
  const others = dkim.filter(({ result }) => result === 'pass').map(({ domain }) => domain);
  const elsewhere = [...(spf.result === 'pass' ? [spf.domain] : []), ...others];
  return elsewhere.length === 0
    ? []
    : [
        `What passed is of ${[...new Set(elsewhere)].join(', ')}, not of ${author}: sign with d=${author}, or send with an envelope sender there.`,
      ];
}
