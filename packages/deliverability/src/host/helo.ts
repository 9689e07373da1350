import { isIP } from 'node:net';
import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { parseDomain } from '../domain-name.ts';
import { addressesOf } from '../lookup.ts';
import { unanswered } from '../unseen.ts';
import { sameAddress } from './address.ts';

const source = 'RFC 5321 section 4.1.1.1';

/** Whether the name in HELO is a name of this very host. */
export async function checkHelo(
  resolver: Resolver,
  {
    address,
    helo,
    names,
  }: { readonly address: string; readonly helo: string; readonly names: readonly string[] },
  signal?: AbortSignal,
): Promise<Check> {
  const shown = quoteEvidence(helo);
  const check = { id: 'helo', topic: 'helo', evidence: [], source } as const;
  const bare = helo.replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1');
  if (isIP(bare)) {
    return {
      ...check,
      status: 'fail',
      message: `The HELO ${shown} is an address: many receivers refuse it.`,
      advice: 'Set myhostname (or smtp_helo_name) to the name that the address has in DNS.',
    };
  }
  const parsed = parseDomain(helo);
  if ('problem' in parsed) {
    return {
      ...check,
      status: 'fail',
      message: `The HELO ${shown} is no full host name: ${parsed.problem}.`,
      advice: 'Set myhostname (or smtp_helo_name) to the name that the address has in DNS.',
    };
  }
  const { domain } = parsed;
  const { addresses, unknown } = await addressesOf(resolver, domain, signal);
  if (addresses.some((one) => sameAddress(one, address))) {
    return names.length === 0 || names.includes(domain)
      ? { ...check, status: 'pass', message: `The HELO ${domain} leads to ${address}.` }
      : {
          ...check,
          status: 'info',
          message: `The HELO ${domain} leads to ${address}, whose own name is ${quoteEvidence(names[0]!)}.`,
          advice: 'Nothing has to change; one name for both reads better.',
        };
  }
  if (unknown !== undefined)
    return unanswered('helo', 'helo', `Whether the HELO ${domain} leads to ${address}`, unknown, source);
  return {
    ...check,
    status: addresses.length === 0 ? 'fail' : 'warning',
    message:
      addresses.length === 0
        ? `The HELO ${domain} has no address: many receivers refuse it.`
        : `The HELO ${domain} leads to ${quoteEvidence(addresses.join(', '))}, not to ${address}.`,
    advice: `Publish ${address} under ${domain}, or send another HELO.`,
  };
}
