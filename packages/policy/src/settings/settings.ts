import { isIP } from 'node:net';
import type { Node } from 'yaml';
import { createResolver, type ResolverOptions } from '@postern/dns';
import { parseDnsblSite } from '@postern/dnsbl';
import type { RateLimit } from '../handlers/rate-limit.ts';
import type { SpfHandlerOptions } from '../handlers/spf/options.ts';
import { readNetworks } from '../handlers/spf/networks.ts';
import { parseMetricsAddress } from '../server/metrics-server.ts';
import type { SettingsProblem } from './problem.ts';
import { SettingsReader, type MapReader } from './reader.ts';

/** What a policy server is told in its settings file. Plain JSON data. */
export interface PolicySettings {
  /** Where DNS questions go; the system's servers unless told. */
  readonly resolver?: Pick<ResolverOptions, 'servers' | 'timeout' | 'deadline'>;
  /** Where counters and greylists are shared, for example `redis://127.0.0.1:6379`; in this process unless told. */
  readonly redis?: string;
  readonly dryRun?: boolean;
  /** Where figures are served over HTTP: `127.0.0.1:9154` or `unix:PATH`. */
  readonly metrics?: string;
  /** In the order in which they are asked. */
  readonly handlers: readonly HandlerSettings[];
}

export type HandlerSettings =
  | ({ readonly type: 'spf' } & Omit<SpfHandlerOptions, 'resolver' | 'perRecipient'> & {
        /** Settings of single recipients, by address or by `@domain`. */
        readonly recipients?: Readonly<Record<string, RecipientSpf>>;
      })
  | { readonly type: 'dnsbl'; readonly lists: readonly string[]; readonly threshold?: number }
  | {
      readonly type: 'rate-limit';
      readonly limits: readonly RateLimitSettings[];
      readonly exempt?: readonly string[];
    }
  | {
      readonly type: 'greylist';
      readonly delay?: number;
      readonly retryWindow?: number;
      readonly maxAge?: number;
      readonly allowClientAfter?: number;
      /** Clients that are never delayed: addresses and networks. */
      readonly exempt?: readonly string[];
    };

export type RecipientSpf = Pick<
  SpfHandlerOptions,
  'helo' | 'mailFrom' | 'onlyDomainsWithoutMail' | 'strictDomains' | 'permerror' | 'temperror' | 'header'
>;

export type RateLimitSettings = Omit<RateLimit, 'action'> & { readonly above?: 'defer' | 'hold' | 'reject' };

const spfShared = [
  'helo',
  'mailFrom',
  'onlyDomainsWithoutMail',
  'strictDomains',
  'permerror',
  'temperror',
  'header',
];
const refuse = ['never', 'fail', 'softfail', 'not-pass'] as const;
/** Ten years; longer is a mistake in the unit. */
const longest = 315_360_000;

/**
 * Reads a settings file, in YAML or JSON.
 *
 * @returns the settings, or every mistake with its line; never throws
 */
export function parsePolicySettings(text: string): {
  readonly settings?: PolicySettings;
  readonly problems: readonly SettingsProblem[];
} {
  const reader = new SettingsReader(text);
  const settings = reader.problems.length === 0 ? readSettings(reader) : undefined;
  return settings && reader.problems.length === 0
    ? { settings, problems: [] }
    : { problems: reader.problems };
}

function readSettings(reader: SettingsReader): PolicySettings | undefined {
  const file = reader.map(reader.root, '', ['resolver', 'redis', 'dryRun', 'metrics', 'handlers']);
  if (!file) return undefined;
  const handlers = reader.list(file.get('handlers'), 'handlers', (node, at) => readHandler(reader, node, at));
  if (handlers.length === 0 && reader.problems.length === 0)
    reader.report(
      file.node,
      'handlers',
      'handlers is empty: name at least one of spf, dnsbl, rate-limit, greylist',
    );
  const redis = file.text('redis');
  if (redis !== undefined && !/^(rediss?|unix):\/\//.test(redis))
    file.report('redis', 'redis has to be a URL such as redis://127.0.0.1:6379');
  const types = handlers.map(({ type }) => type);
  for (const type of new Set(types.filter((each, index) => types.indexOf(each) !== index)))
    file.report('handlers', `handlers has ${type} more than once; put what they say into one`);
  if (redis !== undefined && !types.some((type) => type === 'rate-limit' || type === 'greylist'))
    file.report('redis', 'redis is used by rate-limit and greylist, and handlers has neither; leave it out');
  const metrics = file.text('metrics');
  if (metrics !== undefined) reportThrown(file, 'metrics', () => parseMetricsAddress(metrics));
  return defined({
    resolver: file.has('resolver') ? readResolver(reader, file) : undefined,
    redis,
    dryRun: file.boolean('dryRun'),
    metrics,
    handlers,
  });
}

/** What a value's own reader throws is a problem of the setting. */
function reportThrown(map: MapReader, key: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    map.report(key, error instanceof Error ? error.message : String(error));
  }
}

function readResolver(reader: SettingsReader, file: MapReader): PolicySettings['resolver'] {
  const map = reader.map(file.get('resolver') ?? null, 'resolver', ['servers', 'timeout', 'deadline']);
  if (!map) return undefined;
  const servers = map.texts('servers');
  if (servers) reportThrown(map, 'servers', () => void createResolver({ servers }).close());
  const timeout = map.number('timeout', 1, 60_000);
  const deadline = map.number('deadline', 1, 120_000);
  if (timeout !== undefined && deadline !== undefined && timeout > deadline)
    map.report(
      'timeout',
      'resolver.timeout is one attempt and cannot be longer than deadline, which is all of them',
    );
  return defined({ servers, timeout, deadline });
}

function readHandler(reader: SettingsReader, node: Node | null, at: string): HandlerSettings | undefined {
  const type = reader.tagOf(node, at, 'type', ['spf', 'dnsbl', 'rate-limit', 'greylist']);
  switch (type) {
    case 'spf':
      return readSpf(reader, node, at);
    case 'dnsbl': {
      const map = reader.map(node, at, ['type', 'lists', 'threshold'])!;
      const lists = map.texts('lists') ?? [];
      if (lists.length === 0) map.report('lists', `${at}.lists names no list`);
      for (const problem of lists.flatMap((list) => parseDnsblSite(list).problems))
        map.report('lists', `${at}.lists: ${problem.message}`);
      return defined({ type, lists, threshold: map.number('threshold', 1, 1000) });
    }
    case 'rate-limit': {
      const map = reader.map(node, at, ['type', 'limits', 'exempt'])!;
      const limits = reader.list(map.get('limits'), `${at}.limits`, (item, place) =>
        readLimit(reader, item, place),
      );
      if (limits.length === 0 && reader.problems.length === 0)
        map.report('limits', `${at}.limits names no limit`);
      const kinds = limits.map(({ per, count, window }) => `${count} per ${per} in ${window} seconds`);
      for (const kind of kinds.filter((each, index) => kinds.indexOf(each) !== index))
        map.report('limits', `${at}.limits has two limits of ${kind}; keep one of them`);
      return defined({ type, limits, exempt: networksOf(map, 'exempt') });
    }
    case 'greylist': {
      const map = reader.map(node, at, [
        'type',
        'delay',
        'retryWindow',
        'maxAge',
        'allowClientAfter',
        'exempt',
      ])!;
      const settings = defined({
        type,
        delay: map.number('delay', 0, 86_400),
        retryWindow: map.number('retryWindow', 1, longest),
        maxAge: map.number('maxAge', 1, longest),
        allowClientAfter: map.number('allowClientAfter', 0, 1000),
        exempt: networksOf(map, 'exempt'),
      });
      if ((settings.delay ?? 300) >= (settings.retryWindow ?? 172_800))
        map.report(
          'delay',
          `${at}.delay is not shorter than retryWindow: nobody could ever come back in time`,
        );
      return settings;
    }
    case undefined:
      return undefined;
  }
}

const spfKeys = [
  'type',
  'receiver',
  'skip',
  'trusted',
  'prospective',
  'lookupTime',
  'trustLookupTime',
  'voidLimit',
  'enhancedCodes',
  'testOnly',
  'reason',
  'recipients',
  ...spfShared,
];

function readSpf(reader: SettingsReader, node: Node | null, at: string): HandlerSettings | undefined {
  const map = reader.map(node, at, spfKeys)!;
  const receiver = map.text('receiver');
  if (receiver === undefined) {
    map.report('receiver', `${at}.receiver is missing: the name of this host, as it stands in headers`);
    return undefined;
  }
  const shared = readShared(reader, map, at);
  const prospective = map.text('prospective');
  if (prospective !== undefined && shared.header !== undefined && shared.header !== 'none')
    map.report('header', `${at}: prospective adds no header; leave header out`);
  if (prospective !== undefined && isIP(prospective) === 0)
    map.report('prospective', `${at}.prospective has to be an address`);
  reportIdle(map, at, shared);
  const recipients = map.has('recipients') ? readRecipients(reader, map, at) : undefined;
  return defined({
    type: 'spf' as const,
    receiver,
    ...shared,
    skip: networksOf(map, 'skip'),
    trusted: map.has('trusted') ? readTrusted(reader, map, at) : undefined,
    prospective,
    lookupTime: map.number('lookupTime', 1, 120_000),
    trustLookupTime: map.number('trustLookupTime', 1, 120_000),
    voidLimit: map.number('voidLimit', 0, 100),
    enhancedCodes: map.boolean('enhancedCodes'),
    testOnly: map.boolean('testOnly'),
    reason: map.text('reason'),
    recipients,
  });
}

function readShared(reader: SettingsReader, map: MapReader, at: string): RecipientSpf {
  const identity = <R extends string>(key: 'helo' | 'mailFrom', words: readonly R[]) => {
    if (!map.has(key)) return undefined;
    const own = reader.map(map.get(key) ?? null, `${at}.${key}`, ['check', 'refuse', 'onPass']);
    if (!own) return undefined;
    const check = own.boolean('check');
    if (check === false && own.has('refuse'))
      own.report('refuse', `${at}.${key}: what is not checked cannot be refused`);
    return defined({ check, refuse: own.word('refuse', words), onPass: own.text('onPass') });
  };
  return defined({
    helo: identity('helo', [...refuse, 'null-sender-fail'] as const),
    mailFrom: identity('mailFrom', refuse),
    onlyDomainsWithoutMail: map.boolean('onlyDomainsWithoutMail'),
    strictDomains: map.texts('strictDomains'),
    permerror: map.word('permerror', ['accept', 'reject']),
    temperror: map.word('temperror', ['accept', 'defer']),
    header: map.word('header', ['received-spf', 'authentication-results', 'none']),
  });
}

/** Settings that only say more about a refusal do nothing where nothing is refused. */
function reportIdle(
  map: MapReader,
  at: string,
  { helo, mailFrom, strictDomains, ...shared }: RecipientSpf,
): void {
  const refuses = [helo, mailFrom].some((each) => each?.refuse !== undefined && each.refuse !== 'never');
  if (refuses || strictDomains !== undefined || map.has('recipients')) return;
  const idle = [
    shared.permerror === 'reject' && 'permerror',
    shared.temperror === 'defer' && 'temperror',
    shared.onlyDomainsWithoutMail === true && 'onlyDomainsWithoutMail',
  ].filter((key) => key !== false);
  for (const key of idle)
    map.report(key, `${at}.${key} has no effect: say what is refused with helo.refuse or mailFrom.refuse`);
}

function readTrusted(reader: SettingsReader, map: MapReader, at: string): SpfHandlerOptions['trusted'] {
  const own = reader.map(map.get('trusted') ?? null, `${at}.trusted`, [
    'clients',
    'helo',
    'spfDomains',
    'ptrDomains',
  ]);
  return (
    own &&
    defined({
      clients: networksOf(own, 'clients'),
      helo: own.texts('helo'),
      spfDomains: own.texts('spfDomains'),
      ptrDomains: own.texts('ptrDomains'),
    })
  );
}

function readRecipients(reader: SettingsReader, map: MapReader, at: string): Record<string, RecipientSpf> {
  const node = map.get('recipients') ?? null;
  const keys = reader.keysOf(node);
  const own = reader.map(node, `${at}.recipients`, keys);
  const settings: Record<string, RecipientSpf> = {};
  for (const name of own ? keys : []) {
    if (!name.includes('@'))
      own!.report(name, `${at}.recipients: ${JSON.stringify(name)} is neither user@domain nor @domain`);
    const place = `${at}.recipients.${name}`;
    const each = reader.map(own!.get(name) ?? null, place, spfShared);
    if (each) settings[name.toLowerCase()] = readShared(reader, each, place);
  }
  return settings;
}

function readLimit(reader: SettingsReader, node: Node | null, at: string): RateLimitSettings | undefined {
  const map = reader.map(node, at, ['per', 'count', 'limit', 'window', 'above']);
  if (!map) return undefined;
  for (const key of ['per', 'count', 'limit', 'window'])
    if (!map.has(key)) map.report(key, `${at}.${key} is missing`);
  const per = map.word('per', ['user', 'client', 'sender', 'sender-domain']);
  const count = map.word('count', ['messages', 'recipients']);
  const limit = map.number('limit', 0, 1e9);
  const window = map.number('window', 1, longest);
  if (per === undefined || count === undefined || limit === undefined || window === undefined)
    return undefined;
  return defined({ per, count, limit, window, above: map.word('above', ['defer', 'hold', 'reject']) });
}

function networksOf(map: MapReader, key: string): string[] | undefined {
  const texts = map.texts(key);
  reportThrown(map, key, () => readNetworks(texts ?? []));
  return texts;
}

/** The object without what is undefined: absent settings stay absent. */
function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): {
  [K in keyof T]: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
