import type { Answer, FailureReason, Resolver } from '@postern/dns';
import type { ErrorReason, TestPoints } from '../registry/dns-list.ts';
import { addressLabels, readAddress } from '../subject/address.ts';
import type { Decoded } from '../zone/decode.ts';
import type { Zone } from '../zone/zone.ts';

/** What asking for the test points came to. */
export type ProbeResult =
  | { readonly ok: true; readonly listed: boolean | undefined }
  | { readonly ok: false; readonly reason: ErrorReason; readonly meaning: string };

/**
 * Asks a list for its test points, all at once: what it must list, what it must not, and a name made up on the spot,
 * which no cache can know and only a list that lists everything can contain.
 *
 * @returns how it went; `listed` is undefined where nothing is known that must be listed
 * @see RFC 5782, section 5
 */
export async function probeZone(
  zone: Zone,
  resolver: Resolver,
  decode: (records: readonly string[]) => Decoded,
): Promise<ProbeResult> {
  const { positive, negative } = testNames(zone);
  // What a cache keeps says how the list was, not how it is.
  const ask = async (name: string): Promise<Answer<'A'>> =>
    resolver.resolve(`${name}.${zone.name}`, 'A', { fresh: true });
  const answers = await Promise.all([...negative, ...positive].map(ask));

  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'failed') return { ok: false, ...failure(answer.reason, answer.detail) };
    if (answer.status !== 'found') continue;
    const decoded = decode(answer.records);
    if (decoded.status === 'error') return { ok: false, reason: decoded.reason, meaning: decoded.meaning };
    if (index < negative.length) {
      const meaning = `lists ${negative[index]}.${zone.name}, which it must not: it lists everything`;
      return { ok: false, reason: 'lists-the-world', meaning };
    }
  }
  if (positive.length === 0) return { ok: true, listed: undefined };
  // One is enough: not every list has the test point of both address families.
  return { ok: true, listed: answers.slice(negative.length).some(({ status }) => status === 'found') };
}

/** What a failed lookup means for the list. */
export function failure(reason: FailureReason, detail?: string): { reason: ErrorReason; meaning: string } {
  const more = detail === undefined ? '' : ` (${detail})`;
  switch (reason) {
    case 'timeout':
      return { reason: 'timeout', meaning: `no answer in time${more}` };
    case 'refused':
      return { reason: 'refused', meaning: `the name servers refuse to answer${more}` };
    case 'aborted':
      return { reason: 'aborted', meaning: 'the call was aborted' };
    default:
      return { reason: 'failed', meaning: `the lookup failed: ${reason}${more}` };
  }
}

function testNames({ of, testPoints }: Zone): { positive: string[]; negative: string[] } {
  const address = (text: string): string => addressLabels(readAddress(text)!);
  const positive: string[] = [];
  const negative: string[] = [];
  const add = (points: TestPoints | undefined, label: (text: string) => string): void => {
    if (points === undefined) return;
    positive.push(label(points.listed));
    if (points.unlisted !== null) negative.push(label(points.unlisted));
  };
  const random = Math.floor(Math.random() * 2 ** 23);
  if (of.includes('address')) {
    add(testPoints.ipv4, address);
    add(testPoints.ipv6, address);
    if (positive.length === 0) negative.push(address('127.0.0.1'));
    negative.push(addressLabels({ family: 4, value: 0x7f800000 + random }));
  } else {
    add(testPoints.domain, (text) => text);
    if (positive.length === 0) negative.push('invalid');
    negative.push(`x${random.toString(36)}.invalid`);
  }
  return { positive, negative };
}
