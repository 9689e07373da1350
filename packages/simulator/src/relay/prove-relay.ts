import { serviceOf } from '@postern/config';
import { doorFor, type Host } from '../host/host.ts';
import type { Broken } from '../host/required.ts';
import { readFiles } from '../host/settings.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Transaction } from '../model/transaction.ts';
import type { DecidedBy, Verdict } from '../model/verdict.ts';
import type { World } from '../model/world.ts';
import { simulate } from '../simulate.ts';
import { obligingResolver, strangersDomain } from './obliging-resolver.ts';
import { foreignRecipient, pathsThrough, type Gap } from './paths.ts';
import { restrictionsIn } from './restrictions-in.ts';
import { viewsOf, type View } from './views.ts';

/** One path that is closed: from where, into which service, and what closes it. */
export interface ClosedPath {
  readonly view: string;
  readonly address: string;
  /** All addresses of which the configuration says the same, as `first–last`: it holds for each of them. */
  readonly ranges: readonly string[];
  readonly service: string;
  readonly by: DecidedBy;
}

/** Whether a configuration relays for strangers. */
export type RelayProof =
  /**
   * It does not: for every point of view and service, what refuses. `trusted` are those who are meant to relay: named
   * networks, clients and destinations.
   */
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
 * Addresses are cut wherever mynetworks or a table of clients tells some from others, and each part is proved.
 * Clients with a login, a known certificate, an address in mynetworks or one that a table names are not strangers.
 */
export function proveRelay(configuration: Configuration, world: World = {}): RelayProof {
  const trying: World = { ...world, resolver: obligingResolver };
  const closed: ClosedPath[] = [];
  const trusted = new Set<string>();
  const unknown: { because: string; view: string; service: string; by: DecidedBy | null }[] = [];
  for (const service of listeners(configuration)) {
    const { smtpd: host, postscreen } = doorFor(configuration, trying, service);
    const broken = host.broken ?? (postscreen && nobodyBehind(postscreen, host));
    if (broken) {
      unknown.push({ ...notStarting(broken), service });
      continue;
    }
    const used = lists.filter((list) => host.settings.has(list));
    const views = viewsOf(host, restrictionsIn(host, used));
    for (const name of views.trusted) trusted.add(name);
    if (views.leftOut > 0)
      unknown.push({
        because: `${views.leftOut} networks are more than are told apart`,
        view: 'internet',
        service,
        by: null,
      });
    for (const view of views.strangers) {
      const found = lookFrom(
        host,
        configuration,
        trying,
        { service, postscreen: postscreen && { passed: true } },
        view,
      );
      if ('open' in found) return found;
      if ('unknown' in found) {
        unknown.push(...found.unknown);
        continue;
      }
      for (const name of found.granted) trusted.add(name);
      const { name, address, ranges } = view;
      closed.push({ view: name, address, ranges, service, by: found.by });
    }
  }
  return unknown.length > 0 ? { unknown: distinct(unknown) } : { closed, trusted: [...trusted] };
}

/** Why nobody takes the clients that postscreen hands over, if so. */
function nobodyBehind({ settings }: Host, smtpd: Host): Broken | undefined {
  if (smtpd.settings.exists) return undefined;
  const list = 'smtpd_service_name';
  const because = `master.cf has no service ${settings.text(list)} of type pass, to which postscreen gives its clients`;
  return { list, because, at: settings.place(list) };
}

/** Where smtpd does not start nothing relays; what it does once that is mended nobody can say. */
function notStarting({ list, because, at }: Broken): { because: string; view: string; by: DecidedBy } {
  return {
    because: `smtpd does not start (${because}): mend that, then ask again`,
    view: 'internet',
    by: { list, restriction: list, ...at },
  };
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

/** Where strangers come in. Before postscreen they are patient, and come again. */
type Entrance = Pick<Transaction, 'postscreen'> & { readonly service: string };

type Look =
  | { readonly by: DecidedBy; readonly granted: readonly string[] }
  | { readonly open: Transaction; readonly view: string; readonly verdict: Verdict }
  | { readonly unknown: { because: string; view: string; service: string; by: DecidedBy | null }[] };

function lookFrom(
  host: Host,
  configuration: Configuration,
  world: World,
  entrance: Entrance,
  view: View,
): Look {
  const { service } = entrance;
  const [unread] = host.unreadable;
  if (unread) return { unknown: [{ because: unread.because, view: view.name, service, by: null }] };
  const ways = lists.filter((list) => host.settings.has(list)).map((list) => pathsThrough(host, list, view));
  const proof = ways.find(({ closedBy, gaps }) => closedBy && gaps.length === 0);
  if (proof?.closedBy) return { by: proof.closedBy, granted: proof.granted };
  for (const transaction of candidates(
    entrance,
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

/** Ways through a host's lists that are tried from one point of view. */
const mostTried = 200;

/** Transactions that go through the gaps: each alone, and all at once. */
function candidates({ service, postscreen }: Entrance, view: View, gaps: readonly Gap[]): Transaction[] {
  const client = {
    address: view.address,
    name: `client.${strangersDomain}`,
    reverseName: `client.${strangersDomain}`,
  };
  const base = {
    service,
    client,
    helo: `client.${strangersDomain}`,
    to: [foreignRecipient],
    ...(postscreen && { postscreen }),
  };
  const known = gaps.flatMap(({ through }) => (through ? [through] : [])).slice(0, mostTried);
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
