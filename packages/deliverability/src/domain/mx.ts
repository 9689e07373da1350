import { isIP } from 'node:net';
import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { addressesOf, lookUp } from '../lookup.ts';
import { unanswered } from '../unseen.ts';

/** A host that mail for the domain goes to. */
export interface Exchange {
  readonly host: string;
  readonly preference: number;
  readonly addresses: readonly string[];
}

export interface MxReport {
  readonly checks: readonly Check[];
  /** By preference; empty where the domain takes no mail or it is not known. */
  readonly exchanges: readonly Exchange[];
  /** `null`: the domain says that it takes no mail (RFC 7505). `implicit`: no MX, so its own address counts. */
  readonly kind: 'mx' | 'null' | 'implicit' | 'none' | 'unknown';
  /** Whether DNSSEC proves the MX records, as the resolver says. */
  readonly authenticated: boolean;
}

/** More MX hosts than this are not looked at. */
const mostExchanges = 20;

/** Where mail for the domain goes, and whether it can get there. */
export async function checkMx(resolver: Resolver, domain: string, signal?: AbortSignal): Promise<MxReport> {
  const answer = await lookUp(resolver, domain, 'MX', signal);
  const nothing = { exchanges: [], authenticated: false } as const;
  if (answer.status === 'unknown') {
    return {
      ...nothing,
      checks: [unanswered('mx', 'mx', 'Where mail goes', answer.why, 'RFC 5321 section 5.1')],
      kind: 'unknown',
    };
  }
  if (answer.status === 'none') return withoutMx(resolver, domain, answer.exists, signal);
  const records = answer.records.toSorted(
    (a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1),
  );
  const evidence = records.map(({ preference, exchange }) =>
    quoteEvidence(`MX ${preference} ${exchange || '.'}`),
  );
  const { authenticated } = answer;
  if (records.some(({ exchange }) => isRoot(exchange))) {
    const alone = records.length === 1;
    return {
      exchanges: [],
      authenticated,
      kind: 'null',
      checks: [
        {
          id: 'mx',
          topic: 'mx',
          status: alone ? 'info' : 'fail',
          message: alone
            ? `${domain} says that it takes no mail.`
            : `${domain} says that it takes no mail, and names MX hosts too: senders may do either.`,
          evidence,
          ...(alone ? {} : { advice: 'Publish the null MX alone, or take it away.' }),
          source: 'RFC 7505 section 3',
        },
      ],
    };
  }
  const looked = await Promise.all(
    records.slice(0, mostExchanges).map(async ({ preference, exchange }) => {
      const [alias, { addresses, unknown }] = await Promise.all([
        isIP(exchange) ? undefined : lookUp(resolver, exchange, 'CNAME', signal),
        isIP(exchange) ? { addresses: [], unknown: undefined } : addressesOf(resolver, exchange, signal),
      ]);
      return {
        host: exchange,
        preference,
        addresses,
        check: exchangeCheck(exchange, alias?.status === 'found', addresses, unknown),
      };
    }),
  );
  const checks: Check[] = [
    {
      id: 'mx',
      topic: 'mx',
      status: records.length > mostExchanges ? 'warning' : 'pass',
      message:
        records.length > mostExchanges
          ? `${domain} has ${records.length} MX hosts; the first ${mostExchanges} are looked at.`
          : `${domain} has ${records.length} MX ${records.length === 1 ? 'host' : 'hosts'}.`,
      evidence,
      source: 'RFC 5321 section 5.1',
    },
    ...looked.map(({ check }) => check),
  ];
  return {
    checks,
    kind: 'mx',
    authenticated,
    exchanges: looked.map(({ host, preference, addresses }) => ({ host, preference, addresses })),
  };
}

function isRoot(exchange: string): boolean {
  return exchange === '' || exchange === '.';
}

function exchangeCheck(
  host: string,
  isAlias: boolean,
  addresses: readonly string[],
  unknown: string | undefined,
): Check {
  const check = { id: 'mx-host', topic: 'mx', evidence: addresses, source: 'RFC 5321 section 5.1' } as const;
  const shown = quoteEvidence(host);
  if (isIP(host)) {
    return {
      ...check,
      status: 'fail',
      message: `The MX ${shown} is an address: it has to be a name.`,
      advice: 'Give the host a name with an A record, and name that.',
    };
  }
  if (addresses.length === 0) {
    return unknown === undefined
      ? {
          ...check,
          status: 'fail',
          message: `The MX host ${shown} has no address.`,
          advice: 'Publish its A and AAAA records, or take the MX away.',
        }
      : unanswered('mx-host', 'mx', `The address of the MX host ${shown}`, unknown, 'RFC 5321 section 5.1');
  }
  return isAlias
    ? {
        ...check,
        status: 'warning',
        message: `The MX host ${shown} is an alias (CNAME): some senders do not deliver there.`,
        advice: 'Name the host that the alias leads to.',
        source: 'RFC 2181 section 10.3',
      }
    : {
        ...check,
        status: 'pass',
        message: `The MX host ${shown} has ${addresses.length === 1 ? 'an address' : `${addresses.length} addresses`}.`,
      };
}

async function withoutMx(
  resolver: Resolver,
  domain: string,
  exists: boolean,
  signal?: AbortSignal,
): Promise<MxReport> {
  const { addresses, unknown } = exists ? await addressesOf(resolver, domain, signal) : { addresses: [] };
  if (unknown !== undefined && addresses.length === 0) {
    return {
      checks: [unanswered('mx', 'mx', 'Where mail goes', unknown, 'RFC 5321 section 5.1')],
      exchanges: [],
      kind: 'unknown',
      authenticated: false,
    };
  }
  const implicit = addresses.length > 0;
  return {
    kind: implicit ? 'implicit' : 'none',
    authenticated: false,
    exchanges: implicit ? [{ host: domain, preference: 0, addresses }] : [],
    checks: [
      {
        id: 'mx',
        topic: 'mx',
        status: implicit ? 'warning' : 'fail',
        message: implicit
          ? `${domain} has no MX: mail goes to its own address.`
          : exists
            ? `${domain} has neither MX nor address: no mail arrives, and many receivers refuse mail from it.`
            : `${domain} does not exist.`,
        evidence: addresses,
        advice: implicit
          ? `Publish an MX record, or "MX 0 ." where ${domain} takes no mail.`
          : 'Publish an MX record, or "MX 0 ." where it takes no mail.',
        source: 'RFC 5321 section 5.1',
      },
    ],
  };
}
