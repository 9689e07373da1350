import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { parseDomain } from '../domain-name.ts';
import { lookUp } from '../lookup.ts';
import { parseDkimKey, type DkimKey } from './key.ts';
import { commonSelectors } from './selectors.ts';

/** RSA keys below this are not believed (RFC 8301), and below the second they should be changed. */
const leastBits = 1024;
const goodBits = 2048;
/** Larger ones need not be verified by anybody, and many do not (RFC 8301 section 3.2). */
const mostBits = 4096;

type SelectorAnswer =
  | { readonly selector: string; readonly keys: readonly DkimKey[] }
  | { readonly selector: string; readonly unknown: string };

/**
 * Looks at the keys of a domain.
 *
 * @param selectors - those known to be in use; without any, common names are tried, and finding none proves nothing
 */
export async function checkDkim(
  resolver: Resolver,
  domain: string,
  { selectors = [], signal }: { readonly selectors?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<readonly Check[]> {
  const given = selectors.length > 0;
  const answers = await Promise.all(
    (given ? selectors : commonSelectors).map((selector) => askKeys(resolver, domain, selector, signal)),
  );
  // Some name servers answer every name below _domainkey: what is no key there says nothing about a guess.
  const known = answers.filter(
    (answer) =>
      given || ('keys' in answer && answer.keys.some(({ bits, revoked }) => bits !== undefined || revoked)),
  );
  if (known.length > 0) return known.flatMap((answer) => selectorChecks(domain, answer, given));
  const failed = answers.find((answer) => 'unknown' in answer);
  return [
    {
      id: 'dkim-key',
      topic: 'dkim',
      status: 'unknown',
      message: failed
        ? `No DKIM key is known: ${failed.unknown}.`
        : `None of ${answers.length} common selectors of ${domain} has a key.`,
      evidence: [],
      advice:
        'Selectors cannot be listed from outside: name those in use (--selector), or give a message that was signed.',
      source: 'RFC 6376 section 3.6.2.1',
    },
  ];
}

async function askKeys(
  resolver: Resolver,
  domain: string,
  selector: string,
  signal?: AbortSignal,
): Promise<SelectorAnswer> {
  const name = `${selector}._domainkey.${domain}`;
  const parsed = parseDomain(name, { service: true });
  if ('problem' in parsed)
    return {
      selector,
      unknown: `the selector ${quoteEvidence(selector)} cannot be asked for: ${parsed.problem}`,
    };
  const answer = await lookUp(resolver, parsed.domain, 'TXT', signal);
  if (answer.status === 'unknown') return { selector, unknown: answer.why };
  if (answer.status === 'none') return { selector, keys: [] };
  return { selector, keys: answer.records.map((strings) => parseDkimKey(strings.join(''))) };
}

function selectorChecks(domain: string, answer: SelectorAnswer, given: boolean): Check[] {
  const name = `${answer.selector}._domainkey.${domain}`;
  const check = { id: 'dkim-key', topic: 'dkim', evidence: [], source: 'RFC 6376 section 3.6.1' } as const;
  if ('unknown' in answer) {
    return [
      {
        ...check,
        status: 'unknown',
        message: `The key of selector ${quoteEvidence(answer.selector)} is not known: ${answer.unknown}.`,
        advice: 'Ask again, or ask another resolver.',
      },
    ];
  }
  if (answer.keys.length === 0) {
    return [
      {
        ...check,
        status: 'fail',
        message: `There is no key at ${name}: signatures with this selector fail.`,
        advice: 'Publish the public key there, or sign with a selector that has one.',
      },
    ];
  }
  const [key] = answer.keys;
  if (answer.keys.length > 1) {
    return [
      {
        ...check,
        status: 'fail',
        message: `${name} has ${answer.keys.length} texts; which of them a receiver takes is chance.`,
        evidence: answer.keys.map(({ text }) => quoteEvidence(text)),
        advice: 'Leave one record for each selector.',
      },
    ];
  }
  return [{ ...check, ...judge(name, key!, given), evidence: [quoteEvidence(`${name}: ${key!.text}`)] }];
}

function judge(
  name: string,
  key: DkimKey,
  given: boolean,
): Pick<Check, 'status' | 'message' | 'advice' | 'source'> {
  const source = 'RFC 6376 section 3.6.1';
  if (key.revoked) {
    return {
      status: given ? 'fail' : 'info',
      message: `The key at ${name} is revoked (empty p).`,
      ...(given ? { advice: 'Sign with another selector, or publish the key again.' } : {}),
      source,
    };
  }
  if (key.bits === undefined || key.unusable) {
    return {
      status: 'fail',
      message: `The key at ${name} cannot be used: ${quoteEvidence(key.problems.join('; '))}.`,
      advice: 'Publish the whole public key, in strings of at most 255 characters.',
      source,
    };
  }
  const what = key.type === 'ed25519' ? 'an Ed25519 key' : `an RSA key of ${key.bits} bits`;
  if (key.type === 'rsa' && key.bits < leastBits) {
    return {
      status: 'fail',
      message: `${name} has ${what}: receivers do not believe it.`,
      advice: `Make a key of ${goodBits} bits under a new selector.`,
      source: 'RFC 8301 section 3.2',
    };
  }
  if (key.testing) {
    return {
      status: 'warning',
      message: `${name} has ${what}, but t=y tells receivers to treat its signatures as if there were none.`,
      advice: 'Take t=y out when signing works.',
      source,
    };
  }
  if (key.type === 'rsa' && key.bits < goodBits) {
    return {
      status: 'warning',
      message: `${name} has ${what}.`,
      advice: `Make a key of ${goodBits} bits under a new selector.`,
      source: 'RFC 8301 section 3.2',
    };
  }
  if (key.type === 'rsa' && key.bits > mostBits) {
    return {
      status: 'warning',
      message: `${name} has ${what}: receivers need not verify more than ${mostBits}.`,
      advice: `Make a key of ${goodBits} bits under a new selector.`,
      source: 'RFC 8301 section 3.2',
    };
  }
  return key.problems.length > 0
    ? {
        status: 'warning',
        message: `${name} has ${what}, but ${quoteEvidence(key.problems.join('; '))}.`,
        advice: 'Mend the record.',
        source,
      }
    : { status: 'pass', message: `${name} has ${what}.`, source };
}
