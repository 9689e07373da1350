import type { Resolver, Store } from '@postern/dns';
import type { List } from './ask/list-query.ts';
import { askLists, type RoundOptions } from './ask/round.ts';
import type { ErrorReason } from './registry/dns-list.ts';
import { readOctets } from './filter/reply-filter.ts';
import type { HealthOptions, ZoneHealth } from './health/health.ts';
import { ZoneMonitor } from './health/monitor.ts';
import { HealthSharing } from './health/sharing.ts';
import { addressLabels, parseAddress, printAddress, readAddress } from './subject/address.ts';
import { parseDomain } from './subject/domain.ts';
import type { Problem } from './subject/problem.ts';
import type { Outcome } from './verdict/outcome.ts';
import { VerdictCache, type VerdictCacheOptions } from './verdict/verdict-cache.ts';
import type { CheckResult, DomainResult, Verdict } from './verdict/verdict.ts';
import { makeDecoder } from './zone/decode.ts';
import { makeZones, type ZoneOptions } from './zone/zone.ts';
import { printMetrics } from './metrics.ts';
import { watchSubjects, type WatchEvent, type WatchOptions } from './watch.ts';

export interface DnsblOptions {
  /** Who asks: `createResolver` of @postern/dns with a cache, through a resolver of your own, never a public one. */
  readonly resolver: Resolver;
  /**
   * The lists: zones or ids of the registry, items as in postscreen_dnsbl_sites (`zone=filter*weight`), or your own
   * words. Several items of one zone are one query.
   */
  readonly zones: readonly (string | ZoneOptions)[];
  /** The score that `score()` measures against (1, as postscreen_dnsbl_threshold). */
  readonly threshold?: number;
  /**
   * When the list's own words (TXT) are asked for: after a listing, as Postfix does, at the same time as the answer
   * (one round trip, twice the queries), or never. `after-listing` unless said otherwise.
   */
  readonly reasons?: 'after-listing' | 'at-once' | 'never';
  /** What happens with addresses nobody can send mail from: a problem, or (for lists of your own) the query. */
  readonly reserved?: 'refuse' | 'ask';
  /** How long a check may take in all, in ms (10 000, as postscreen_dnsbl_timeout); what is missing then is an error. */
  readonly timeout?: number;
  /** Verdicts by address that are kept; `false` leaves keeping to the resolver. */
  readonly cache?: VerdictCacheOptions | false;
  /** Test points and circuit breakers; `false` trusts every list blindly. */
  readonly health?: HealthOptions | false;
  /** Where machines that ask the same lists share health and query counts, `redisStore` of @postern/dns say. */
  readonly store?: Store;
  /** How often they do so, in ms (5000). */
  readonly shareInterval?: number;
}

export interface CheckOptions {
  readonly signal?: AbortSignal;
}

/** The weighted sum over all lists, in the manner of postscreen. Plain JSON data. */
export interface Score {
  readonly address: string;
  readonly score: number;
  readonly threshold: number;
  /** Whether the score is at or above the threshold. */
  readonly reached: boolean;
  /** What it is made of. */
  readonly because: readonly {
    readonly zone: string;
    readonly weight: number;
    readonly codes: readonly string[];
  }[];
  /** Lists that gave no verdict, and so added nothing. */
  readonly errors: readonly { readonly zone: string; readonly reason: ErrorReason }[];
  readonly problem?: Problem;
}

/** Asks lists about addresses and domains. Nothing here ever throws: whatever goes wrong is in the result. */
export interface Dnsbl extends AsyncDisposable {
  /** Asks all lists of addresses, in parallel. A kept verdict costs no query. */
  check(address: string, options?: CheckOptions): Promise<CheckResult>;
  /** The verdicts about an address that are kept, at once; undefined where lists would have to be asked. */
  kept(address: string): CheckResult | undefined;
  /** Asks all lists of domains, in parallel. */
  checkDomain(domain: string, options?: CheckOptions): Promise<DomainResult>;
  score(address: string, options?: CheckOptions): Promise<Score>;
  /** How the lists do. With `probe` their test points are asked for first. */
  health(options?: { readonly probe?: boolean }): Promise<ZoneHealth[]>;
  /** Checks the same addresses and domains again and again and reports what changes. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent>;
  /** All counters as text for Prometheus. */
  metrics(): string;
  /** Stops the schedule of test points, and shares the last counts. */
  close(): Promise<void>;
}

/**
 * Makes a checker over lists.
 *
 *     const dnsbl = createDnsbl({ resolver, zones: ['zen.spamhaus.org', 'bl.spamcop.net*2', 'list.dnswl.org'] });
 *     await dnsbl.check('192.0.2.1')      { address, verdicts: [{ zone, status, codes, meaning, reason }], score }
 *
 * A list that fails, that refuses this resolver, that is parked or lists everything gives an `error`: never a listing,
 * never clean, and nothing for the score. Before the first listing of a list is believed, its test points are asked
 * for, in the same round trip.
 */
export function createDnsbl(options: DnsblOptions): Dnsbl {
  return new Checker(options);
}

class Checker implements Dnsbl {
  readonly #ask: RoundOptions;
  readonly #threshold: number;
  readonly #reserved: NonNullable<DnsblOptions['reserved']>;
  readonly #lists: readonly List[];
  readonly #cache: VerdictCache | undefined;
  readonly #sharing: HealthSharing | undefined;

  constructor(options: DnsblOptions) {
    const { resolver, reasons = 'after-listing', timeout = 10_000 } = options;
    this.#ask = { resolver, reasons, timeout };
    this.#threshold = options.threshold ?? 1;
    this.#reserved = options.reserved ?? 'refuse';
    this.#cache = options.cache === false ? undefined : new VerdictCache(options.cache ?? {});
    const health = options.health === false ? undefined : { ...defaultHealth, ...options.health };
    this.#lists = makeZones(options.zones).map((zone) => {
      const decode = makeDecoder(zone);
      // Listings that were believed until now may have been wrong.
      const forget = (reason: ErrorReason): void => {
        if (reason === 'lists-the-world') this.#cache?.clear();
      };
      return { zone, decode, monitor: new ZoneMonitor(zone, resolver, decode, health, forget) };
    });
    const monitors = this.#lists
      .map(({ monitor }) => monitor)
      .filter(({ zone }) => zone.refusal === undefined);
    this.#sharing =
      options.store && new HealthSharing(options.store, monitors, options.shareInterval ?? 5000);
  }

  check(text: string, options: CheckOptions = {}): Promise<CheckResult> {
    return Promise.resolve(this.kept(text) ?? this.#checkAddress(text, options));
  }

  kept(text: string): CheckResult | undefined {
    const value = readOctets(text);
    if (value !== undefined) return this.#cache?.findIpv4(value, text);
    const address = text.includes(':') ? readAddress(text) : undefined;
    return address?.family === 6 ? this.#cache?.findIpv6(address.words, text) : undefined;
  }

  checkDomain(text: string, options: CheckOptions = {}): Promise<DomainResult> {
    const parsed = parseDomain(text);
    if ('problem' in parsed) return Promise.resolve({ domain: text, ...nothing(parsed.problem) });
    const lists = this.#lists.filter(({ zone }) => zone.of.includes('domain'));
    if (lists.length === 0) return Promise.resolve({ domain: text, ...nothing(noLists('domains')) });
    const result = askLists(this.#ask, lists, parsed.domain, options.signal);
    const finish = (outcomes: readonly Outcome[]): DomainResult => {
      const verdicts = outcomes.map(({ verdict }) => verdict);
      return { domain: text, verdicts, score: sum(verdicts) };
    };
    return Promise.resolve(result instanceof Promise ? result.then(finish) : finish(result));
  }

  async score(text: string, options: CheckOptions = {}): Promise<Score> {
    const { address, verdicts, score, problem } = await this.check(text, options);
    return {
      address,
      score,
      threshold: this.#threshold,
      reached: score >= this.#threshold,
      because: verdicts
        .filter(({ weight }) => weight !== 0)
        .map(({ zone, weight, codes }) => ({ zone, weight, codes })),
      errors: verdicts.flatMap((verdict) =>
        verdict.status === 'error' ? [{ zone: verdict.zone, reason: verdict.reason }] : [],
      ),
      ...(problem && { problem }),
    };
  }

  async health({ probe = false }: { readonly probe?: boolean } = {}): Promise<ZoneHealth[]> {
    if (probe) await Promise.all(this.#lists.map(({ monitor }) => monitor.probe()));
    await this.#sharing?.sync();
    const now = Date.now();
    return this.#lists.map(({ monitor }) => monitor.read(now));
  }

  watch(options: WatchOptions): AsyncIterable<WatchEvent> {
    return watchSubjects(this, options);
  }

  metrics(): string {
    const now = Date.now();
    return printMetrics(
      this.#lists.map(({ monitor }) => monitor.read(now)),
      this.#cache,
    );
  }

  async close(): Promise<void> {
    for (const { monitor } of this.#lists) monitor.close();
    await this.#sharing?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkAddress(text: string, options: CheckOptions): CheckResult | Promise<CheckResult> {
    const parsed = parseAddress(text, this.#reserved);
    if ('problem' in parsed) return { address: text, ...nothing(parsed.problem) };
    const { address } = parsed;
    const lists = this.#lists.filter(
      ({ zone }) => zone.of.includes('address') && (address.family === 4 || zone.ipv6),
    );
    if (lists.length === 0)
      return { address: text, ...nothing(noLists(address.family === 4 ? 'addresses' : 'IPv6 addresses')) };
    const result = askLists(this.#ask, lists, addressLabels(address), options.signal);
    const finish = (outcomes: readonly Outcome[]): CheckResult => {
      const verdicts = outcomes.map(({ verdict }) => verdict);
      const score = sum(verdicts);
      const ttl = outcomes.reduce((least, outcome) => Math.min(least, outcome.ttl), Infinity);
      this.#cache?.put(address, verdicts, score, ttl, printAddress(address));
      return { address: text, verdicts, score };
    };
    return result instanceof Promise ? result.then(finish) : finish(result);
  }
}

const defaultHealth: Required<HealthOptions> = {
  interval: 600_000,
  jitter: 0.2,
  failures: 5,
  listings: 20,
  firstRetry: 1000,
  longestRetry: 60_000,
};

function sum(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((score, { weight }) => score + weight, 0);
}

function nothing(problem: Problem): { verdicts: readonly Verdict[]; score: number; problem: Problem } {
  return { verdicts: [], score: 0, problem };
}

function noLists(what: string): Problem {
  return { code: 'no-lists', message: `there is no list of ${what} to ask; name one in \`zones\`` };
}
