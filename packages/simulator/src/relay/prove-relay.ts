import { serviceOf } from '@postern/config';
import { hostFor, type Host } from '../host/host.ts';
import { readFiles } from '../host/settings.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Transaction } from '../model/transaction.ts';
import type { DecidedBy, Verdict } from '../model/verdict.ts';
import type { World } from '../model/world.ts';
import { simulate } from '../simulate.ts';
import { obligingResolver, strangersDomain } from './obliging-resolver.ts';
import { foreignRecipient, pathsThrough, type Gap } from './paths.ts';
import { viewsOf, type View } from './views.ts';

/** One path that is closed: from where, into which service, and what closes it. */
export interface ClosedPath {
  readonly view: string;
  readonly address: string;
  readonly service: string;
  readonly by: DecidedBy;
}

/** Whether a configuration relays for strangers. */
export type RelayProof =
  /** It does not: for every point of view and service, what refuses. `trusted` are those who may relay. */
  | { readonly closed: readonly ClosedPath[]; readonly trusted: readonly string[] }
  /** It does: a transaction that is accepted, and the verdict that the simulator gives on it. */
  | { readonly open: Transaction; readonly view: string; readonly verdict: Verdict }
  /** It hangs on what is not known, or on what could not be decided. */
  | {
      readonly unknown: readonly {
        readonly because: string;
        readonly view: string;
        readonly service: string;
        readonly by: DecidedBy | null;
      }[];
    };

const lists = [
  'smtpd_relay_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
];

/**
 * Proves that a configuration is no open relay, or shows how it is one.
 *
 * The proof is symbolic: a list is closed when, whatever a client says, nothing in it can permit mail for a foreign
 * domain before something refuses it. A counterexample is run through the simulator before it is given.
 * Clients with a login, a known certificate or an address in mynetworks are not strangers.
 */
export function proveRelay(configuration: Configuration, world: World = {}): RelayProof {
  const trying: World = { ...world, resolver: obligingResolver };
  const closed: ClosedPath[] = [];
  const trusted = new Set<string>();
  const unknown: { because: string; view: string; service: string; by: DecidedBy | null }[] = [];
  for (const service of listeners(configuration)) {
    const host = hostFor(configuration, trying, service);
    for (const view of viewsOf(host)) {
      if (view.trusted) {
        trusted.add(view.name);
        continue;
      }
      const found = lookFrom(host, configuration, trying, service, view);
      if ('open' in found) return found;
      if ('by' in found) closed.push({ view: view.name, address: view.address, service, by: found.by });
      else unknown.push(...found.unknown);
    }
  }
  return unknown.length > 0 ? { unknown: distinct(unknown) } : { closed, trusted: [...trusted] };
}

/** The services of master.cf that strangers can reach and that run smtpd or postscreen. */
function listeners(configuration: Configuration): string[] {
  const { master } = readFiles(configuration);
  if (!master) return ['smtp'];
  return master.entries.flatMap((entry) => {
    if (entry.type !== 'service' || entry.serviceType !== 'inet') return [];
    const program = serviceOf(entry).command.replace(/^.*\//, '');
    return program === 'smtpd' || program === 'postscreen' ? [entry.name] : [];
  });
}

type Look =
  | { readonly by: DecidedBy }
  | { readonly open: Transaction; readonly view: string; readonly verdict: Verdict }
  | { readonly unknown: { because: string; view: string; service: string; by: DecidedBy | null }[] };

function lookFrom(host: Host, configuration: Configuration, world: World, service: string, view: View): Look {
  if (host.broken)
    return { by: { list: host.broken.list, restriction: 'smtpd does not start', file: null, line: null } };
  const ways = lists.filter((list) => host.settings.has(list)).map((list) => pathsThrough(host, list, view));
  const proof = ways.find(({ closedBy, gaps }) => closedBy && gaps.length === 0);
  if (proof?.closedBy) return { by: proof.closedBy };
  for (const transaction of candidates(
    service,
    view,
    ways.flatMap(({ gaps }) => gaps),
  )) {
    const verdict = simulate(configuration, transaction, world);
    if (!(verdict instanceof Promise) && verdict.outcome === 'accept')
      return { open: transaction, view: view.name, verdict };
  }
  const gaps = ways.flatMap((way) => way.gaps);
  const unknown = gaps.map(({ by, because }) => ({ because, view: view.name, service, by }));
  if (unknown.length > 0) return { unknown };
  const because = 'no list refuses foreign mail for certain, and no transaction was found that passes';
  return { unknown: [{ because, view: view.name, service, by: null }] };
}

/** Transactions that go through the gaps: each alone, and all at once. */
function candidates(service: string, view: View, gaps: readonly Gap[]): Transaction[] {
  const client = {
    address: view.address,
    name: `client.${strangersDomain}`,
    reverseName: `client.${strangersDomain}`,
  };
  const base = { service, client, helo: `client.${strangersDomain}`, to: [foreignRecipient] };
  const known = gaps.flatMap(({ through }) => (through ? [through] : []));
  const together: Partial<Transaction> = Object.assign({}, ...known) as Partial<Transaction>;
  const senders = [`sender@${strangersDomain}`, ''];
  return [{}, ...known, together].flatMap((through) =>
    [false, true].flatMap((tls) => senders.map((from) => ({ ...base, from, tls, ...through }))),
  );
}

function distinct<T extends { because: string; service: string; by: DecidedBy | null }>(
  items: readonly T[],
): T[] {
  const seen = new Map(items.map((item) => [`${item.service} ${item.because} ${item.by?.line}`, item]));
  return [...seen.values()];
}
