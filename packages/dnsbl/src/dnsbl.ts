import type { Answer, Resolver, Store } from '@postern/dns';
import type { ErrorReason } from './registry/dns-list.ts';
import { readOctets } from './filter/reply-filter.ts';
import { ZoneMonitor, type HealthOptions, type ZoneHealth } from './health/monitor.ts';
import { failure } from './health/probe.ts';
import { HealthSharing } from './health/sharing.ts';
import { addressLabels, parseAddress, printAddress, readAddress } from './subject/address.ts';
import { parseDomain } from './subject/domain.ts';
import type { Problem } from './subject/problem.ts';
import { VerdictCache, type VerdictCacheOptions } from './verdict/verdict-cache.ts';
import type { CheckResult, DomainResult, Verdict } from './verdict/verdict.ts';
import { makeDecoder, type Decoded } from './zone/decode.ts';
import { makeZones, type Zone, type ZoneOptions } from './zone/zone.ts';
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

interface List {
  readonly zone: Zone;
  readonly monitor: ZoneMonitor;
  readonly decode: (records: readonly string[]) => Decoded;
}

/** What the lookups of one check share. */
interface Race {
  /** Set when the caller has got his verdicts: answers that come later count for nothing. */
  over: boolean;
  readonly options: { readonly signal: AbortSignal } | undefined;
}

/** A verdict and for how many seconds it holds; 0 for not at all. */
interface Outcome {
  readonly verdict: Verdict;
  readonly ttl: number;
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
  readonly #resolver: Resolver;
  readonly #threshold: number;
  readonly #reasons: NonNullable<DnsblOptions['reasons']>;
  readonly #reserved: NonNullable<DnsblOptions['reserved']>;
  readonly #timeout: number;
  readonly #lists: readonly List[];
  readonly #cache: VerdictCache | undefined;
  readonly #sharing: HealthSharing | undefined;

  constructor(options: DnsblOptions) {
    this.#resolver = options.resolver;
    this.#threshold = options.threshold ?? 1;
    this.#reasons = options.reasons ?? 'after-listing';
    this.#reserved = options.reserved ?? 'refuse';
    this.#timeout = options.timeout ?? 10_000;
    this.#cache = options.cache === false ? undefined : new VerdictCache(options.cache ?? {});
    const health = options.health === false ? undefined : { ...defaultHealth, ...options.health };
    this.#lists = makeZones(options.zones).map((zone) => {
      const decode = makeDecoder(zone);
      // Listings that were believed until now may have been wrong.
      const forget = (reason: ErrorReason): void => {
        if (reason === 'lists-the-world') this.#cache?.clear();
      };
      return { zone, decode, monitor: new ZoneMonitor(zone, options.resolver, decode, health, forget) };
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
    const result = this.#ask(lists, parsed.domain, options);
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
    const result = this.#ask(lists, addressLabels(address), options);
    const finish = (outcomes: readonly Outcome[]): CheckResult => {
      const verdicts = outcomes.map(({ verdict }) => verdict);
      const score = sum(verdicts);
      const ttl = outcomes.reduce((least, outcome) => Math.min(least, outcome.ttl), Infinity);
      this.#cache?.put(address, verdicts, score, ttl, printAddress(address));
      return { address: text, verdicts, score };
    };
    return result instanceof Promise ? result.then(finish) : finish(result);
  }

  /** Asks the lists in parallel, each for `labels.zone`; without a promise when nobody had to wait. */
  #ask(lists: readonly List[], labels: string, { signal }: CheckOptions): Outcome[] | Promise<Outcome[]> {
    const race: Race = { over: false, options: signal ? { signal } : undefined };
    const outcomes = lists.map((list) => this.#askList(list, labels, race));
    if (!outcomes.some((outcome) => outcome instanceof Promise)) return outcomes as Outcome[];

    return new Promise((resolve) => {
      let missing = outcomes.length;
      const settled: (Outcome | undefined)[] = outcomes.map(() => undefined);
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        resolve(settled as Outcome[]);
      };
      const giveUp = (cause: 'timeout' | 'aborted'): void => {
        race.over = true;
        for (const [index, outcome] of settled.entries())
          settled[index] = outcome ?? this.#lost(lists[index]!, cause);
        finish();
      };
      const onAbort = (): void => giveUp('aborted');
      const timer = setTimeout(() => giveUp('timeout'), this.#timeout);
      const settle = (index: number, outcome: Outcome): void => {
        if (race.over) return;
        settled[index] = outcome;
        if (--missing === 0) finish();
      };
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome instanceof Promise) void outcome.then((value) => settle(index, value));
        else settle(index, outcome);
      }
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #lost({ zone, monitor }: List, cause: 'timeout' | 'aborted'): Outcome {
    const { reason, meaning } = failure(cause);
    monitor.failed(reason, meaning, true);
    return counted(monitor, errorOutcome(zone, reason, meaning, [], 0));
  }

  #askList(list: List, labels: string, race: Race): Outcome | Promise<Outcome> {
    const { zone, monitor } = list;
    const now = Date.now();
    const refusal = monitor.refusal(now);
    if (refusal) {
      return counted(
        monitor,
        errorOutcome(zone, refusal.reason, refusal.meaning, [], (refusal.until - now) / 1000),
      );
    }
    const probe = monitor.pending();
    const name = `${labels}.${zone.name}`;
    const text = this.#reasons === 'at-once' ? this.#resolver.resolve(name, 'TXT', race.options) : undefined;
    const answer = this.#resolver.resolve(name, 'A', race.options);
    if (probe === undefined && !(answer instanceof Promise) && !(text instanceof Promise)) {
      return this.#conclude(list, answer, name, race, text, false);
    }
    return this.#wait(list, answer, name, race, text, probe);
  }

  async #wait(
    list: List,
    answer: Answer<'A'> | Promise<Answer<'A'>>,
    name: string,
    race: Race,
    text: Answer<'TXT'> | Promise<Answer<'TXT'>> | undefined,
    probe: Promise<void> | undefined,
  ): Promise<Outcome> {
    const early = text && sent(text, list.monitor);
    const settled = await sent(answer, list.monitor);
    if (settled.status !== 'failed') await probe;
    return this.#conclude(list, settled, name, race, await early, answer instanceof Promise);
  }

  #conclude(
    list: List,
    answer: Answer<'A'>,
    name: string,
    race: Race,
    early: Answer<'TXT'> | undefined,
    fresh: boolean,
  ): Outcome | Promise<Outcome> {
    const { zone, monitor } = list;
    // Nobody waits for it any more: the verdict was given, and counted, when the time was over.
    if (race.over) return errorOutcome(zone, 'aborted', '', [], 0);
    if (answer.status === 'failed') {
      const { reason, meaning } = failure(answer.reason, answer.detail);
      monitor.failed(reason, meaning, fresh);
      return counted(monitor, errorOutcome(zone, reason, meaning, [], 0));
    }
    if (answer.status !== 'found') {
      monitor.answered('clean', fresh);
      return this.#believed(list, { verdict: clean(zone), ttl: answer.ttl });
    }
    const decoded = list.decode(answer.records);
    if (decoded.status === 'error') {
      monitor.failed(decoded.reason, decoded.meaning, fresh);
      return counted(monitor, errorOutcome(zone, decoded.reason, decoded.meaning, decoded.codes, 0));
    }
    monitor.answered(decoded.status, fresh);
    const finish = (reason: string): Outcome =>
      this.#believed(list, { verdict: { zone: zone.name, ...decoded, reason }, ttl: answer.ttl });
    if (decoded.status === 'clean') return finish('');
    const text =
      this.#reasons === 'never' ? undefined : (early ?? this.#resolver.resolve(name, 'TXT', race.options));
    // A listing that is one of many in a row waits for the test points as well.
    const probe = monitor.pending();
    if (probe === undefined && !(text instanceof Promise)) return finish(text ? words(text) : '');
    return Promise.all([text && sent(text, monitor), probe]).then(([said]) =>
      finish(said ? words(said) : ''),
    );
  }

  /** The outcome, unless the circuit has opened in the meantime: then the list's word is worth nothing. */
  #believed({ zone, monitor }: List, outcome: Outcome): Outcome {
    const now = Date.now();
    const refusal = monitor.refusal(now);
    if (refusal === undefined || refusal.reason === 'quota') return counted(monitor, outcome);
    const { codes } = outcome.verdict;
    return counted(
      monitor,
      errorOutcome(zone, refusal.reason, refusal.meaning, codes, (refusal.until - now) / 1000),
    );
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

/** One string for all TXT records, at most as long as Postfix shows it. */
function words(answer: Answer<'TXT'>): string {
  if (answer.status !== 'found') return '';
  return answer.records
    .map((strings) => strings.join(''))
    .join(' / ')
    .slice(0, 500);
}

/** Waits for an answer and counts the query; an answer from a cache needs neither. */
async function sent<T extends 'A' | 'TXT'>(
  answer: Answer<T> | Promise<Answer<T>>,
  monitor: ZoneMonitor,
): Promise<Answer<T>> {
  if (!(answer instanceof Promise)) return answer;
  const start = performance.now();
  try {
    return await answer;
  } catch (error) {
    // A resolver that breaks its promise never to throw is a list that does not answer.
    return { status: 'failed', reason: 'network', detail: String(error) };
  } finally {
    monitor.sent(performance.now() - start, Date.now());
  }
}

function counted(monitor: ZoneMonitor, outcome: Outcome): Outcome {
  monitor.count(outcome.verdict);
  return outcome;
}

const cleanVerdicts = new WeakMap<Zone, Verdict>();

/** One object a zone: most verdicts are this one. */
function clean(zone: Zone): Verdict {
  let verdict = cleanVerdicts.get(zone);
  if (verdict === undefined) {
    verdict = Object.freeze({
      zone: zone.name,
      status: 'clean',
      codes: [],
      meaning: '',
      reason: '',
      weight: 0,
    });
    cleanVerdicts.set(zone, verdict);
  }
  return verdict;
}

function errorOutcome(
  zone: Zone,
  reason: ErrorReason,
  meaning: string,
  codes: readonly string[],
  ttl: number,
): Outcome {
  return { verdict: { zone: zone.name, status: 'error', codes, meaning, reason, weight: 0 }, ttl };
}

function sum(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((score, { weight }) => score + weight, 0);
}

function nothing(problem: Problem): { verdicts: readonly Verdict[]; score: number; problem: Problem } {
  return { verdicts: [], score: 0, problem };
}

function noLists(what: string): Problem {
  return { code: 'no-lists', message: `there is no list of ${what} to ask; name one in \`zones\`` };
}
