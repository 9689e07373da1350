import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import type { DiscoveredPolicy } from '../dmarc/tree-walk.ts';
import { lookUpRecords } from '../lookup.ts';
import { parseTagList } from '../tag-list.ts';
import { unanswered } from '../unseen.ts';

const source = 'draft-brand-indicators-for-message-identification';

/** Whether the domain shows a logo, and whether receivers would show it. */
export async function checkBimi(
  resolver: Resolver,
  domain: string,
  dmarc: DiscoveredPolicy,
  signal?: AbortSignal,
): Promise<Check> {
  const check = { id: 'bimi', topic: 'bimi', source } as const;
  const version = /^v\s*=\s*BIMI1\s*(?:;|$)/;
  let name = `default._bimi.${domain}`;
  let answer = await lookUpRecords(resolver, name, version, signal);
  const organization = dmarc.walk.organizationalDomain;
  // The organisation's logo stands for domains of its own that have none.
  if (answer.status === 'none' && organization !== domain) {
    name = `default._bimi.${organization}`;
    answer = await lookUpRecords(resolver, name, version, signal);
  }
  if (answer.status === 'unknown')
    return unanswered('bimi', 'bimi', 'Whether there is a BIMI record', answer.why, source);
  if (answer.status === 'none') {
    return { ...check, status: 'info', message: `${domain} publishes no logo (BIMI).`, evidence: [] };
  }
  const evidence = answer.texts.map((text) => quoteEvidence(`${name}: ${text}`));
  const { tags } = parseTagList(answer.texts[0]!);
  const [logo, mark] = [tags.get('l') ?? '', tags.get('a') ?? ''];
  const weak = weakness(dmarc);
  const trouble =
    answer.texts.length > 1
      ? `there are ${answer.texts.length} BIMI records, and so none counts`
      : logo !== '' && !/^https:\/\/\S+\.svgz?$/i.test(logo)
        ? `the logo ${JSON.stringify(logo)} is no https: address of an SVG`
        : mark !== '' && !/^https:\/\//i.test(mark)
          ? `the certificate ${JSON.stringify(mark)} is no https: address`
          : weak;
  if (trouble !== undefined) {
    return {
      ...check,
      status: 'warning',
      message: `Receivers show no logo: ${quoteEvidence(trouble)}.`,
      evidence,
      advice: 'Mend this, or take the record away.',
    };
  }
  if (logo === '')
    return { ...check, status: 'info', message: `${domain} says that it shows no logo (BIMI).`, evidence };
  return mark === ''
    ? {
        ...check,
        status: 'info',
        message: 'There is a logo without a mark certificate: Gmail and Apple Mail do not show it.',
        evidence,
        advice: 'Get a verified or common mark certificate and name it in the tag a.',
      }
    : { ...check, status: 'pass', message: 'There is a logo with a mark certificate.', evidence };
}

function weakness({ policy, record }: DiscoveredPolicy): string | undefined {
  if (record === null || policy === 'none' || policy === null)
    return 'the DMARC policy is not quarantine or reject';
  return record.testing ? 'the DMARC record is in testing (t=y)' : undefined;
}
