import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { lookUpRecords } from '../lookup.ts';
import { parseTagList } from '../tag-list.ts';
import { unanswered } from '../unseen.ts';

const source = 'RFC 8460 section 3';

/** Whether senders know where to report that TLS failed. */
export async function checkTlsReporting(
  resolver: Resolver,
  domain: string,
  signal?: AbortSignal,
): Promise<Check> {
  const name = `_smtp._tls.${domain}`;
  const check = { id: 'tls-reporting', topic: 'tls-reporting', source } as const;
  const answer = await lookUpRecords(resolver, name, /^v\s*=\s*TLSRPTv1\s*(?:;|$)/, signal);
  if (answer.status === 'unknown') {
    return unanswered(
      'tls-reporting',
      'tls-reporting',
      'Whether TLS reports are asked for',
      answer.why,
      source,
    );
  }
  if (answer.status === 'none') {
    return {
      ...check,
      status: 'warning',
      message: `${domain} asks for no TLS reports: failing encryption stays unseen.`,
      evidence: [],
      advice: `Publish at ${name}: v=TLSRPTv1; rua=mailto:tls-reports@${domain}`,
    };
  }
  const evidence = answer.texts.map((text) => quoteEvidence(`${name}: ${text}`));
  const { tags, problems } = parseTagList(answer.texts[0]!);
  const targets = (tags.get('rua') ?? '').split(',').map((uri) => uri.trim());
  const wrong = targets.find((uri) => !/^(?:mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/i.test(uri));
  const trouble =
    answer.texts.length > 1
      ? `there are ${answer.texts.length} of them, and so none counts`
      : wrong === undefined
        ? problems.join('; ')
        : `rua has ${JSON.stringify(wrong)}, neither mailto: nor https:`;
  return trouble === ''
    ? { ...check, status: 'pass', message: 'TLS reports are asked for.', evidence }
    : {
        ...check,
        status: 'fail',
        message: `The TLS reporting record cannot be used: ${quoteEvidence(trouble)}.`,
        evidence,
        advice: `Publish one text such as "v=TLSRPTv1; rua=mailto:tls-reports@${domain}".`,
      };
}
