import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { addressesOf, lookUp } from '../lookup.ts';
import { unanswered } from '../unseen.ts';
import { isGenericName } from './generic-name.ts';
import { reverseName, sameAddress } from './address.ts';

const topic = 'reverse-dns';
const source = 'RFC 1912 section 2.1';
/** More names of one address than this are not followed back. */
const mostNames = 10;

/** Forward-confirmed reverse DNS: the address has a name, and the name has the address. */
export async function checkReverse(
  resolver: Resolver,
  address: string,
  signal?: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly names: readonly string[] }> {
  const zone = reverseName(address);
  const answer = await lookUp(resolver, zone, 'PTR', signal);
  if (answer.status === 'unknown') {
    return {
      checks: [unanswered('reverse-name', topic, `The name of ${address}`, answer.why, source)],
      names: [],
    };
  }
  if (answer.status === 'none') {
    return {
      names: [],
      checks: [
        {
          id: 'reverse-name',
          topic,
          status: 'fail',
          message: `${address} has no name (PTR): many receivers refuse mail from it.`,
          evidence: [`${zone} PTR: none`],
          advice:
            'Have the owner of the address, usually the hosting provider, set its reverse name to the name in HELO.',
          source: 'Gmail and Yahoo sender guidelines',
        },
      ],
    };
  }
  const all = answer.records;
  const looked = await Promise.all(
    all.slice(0, mostNames).map(async (name) => ({ name, ...(await addressesOf(resolver, name, signal)) })),
  );
  const confirmed = looked
    .filter(({ addresses }) => addresses.some((one) => sameAddress(one, address)))
    .map(({ name }) => name);
  const checks: Check[] = [];
  const evidence = all.slice(0, mostNames).map((name) => quoteEvidence(`${zone} PTR ${name}`));
  if (confirmed.length > 0) {
    checks.push({
      id: 'reverse-name',
      topic,
      status: 'pass',
      message: `${address} is ${quoteEvidence(confirmed[0]!)}, and the name leads back.`,
      evidence,
      source,
    });
  } else {
    const failed = looked.find(({ unknown }) => unknown !== undefined);
    checks.push(
      failed?.unknown === undefined
        ? {
            id: 'reverse-name',
            topic,
            status: 'fail',
            message: `${address} is called ${quoteEvidence(looked[0]!.name)}, but that name does not lead back to it.`,
            evidence: [
              ...evidence,
              ...looked.map(({ name, addresses }) =>
                quoteEvidence(`${name}: ${addresses.join(', ') || 'no address'}`),
              ),
            ],
            advice: 'Publish the address under that name, or change the reverse name.',
            source,
          }
        : unanswered(
            'reverse-name',
            topic,
            `Whether the name of ${address} leads back`,
            failed.unknown,
            source,
          ),
    );
  }
  if (all.length > 1) {
    checks.push({
      id: 'reverse-names',
      topic,
      status: 'warning',
      message: `${address} has ${all.length} names: receivers take any of them.`,
      evidence,
      advice: 'Leave one.',
      source,
    });
  }
  const generic = all.find((name) => isGenericName(name, address));
  if (generic !== undefined) {
    checks.push({
      id: 'reverse-generic',
      topic,
      status: 'warning',
      message: `The name ${quoteEvidence(generic)} looks like that of a home or rented address: many filters count it against mail.`,
      evidence,
      advice: 'Have the reverse name set to a name of your own, the one in HELO.',
      source: 'RFC 8501 section 4',
    });
  }
  return { checks, names: confirmed };
}
