import type { Node } from 'yaml';
import { createResolver } from '@postern/dns';
import { parseDnsblSite } from '@postern/dnsbl';
import { parseMetricsAddress } from '../server/metrics-server.ts';
import { defined, networksOf, reportThrown } from './checked-values.ts';
import type { HandlerSettings, PolicySettings, RateLimitSettings } from './policy-settings.ts';
import type { SettingsProblem } from './problem.ts';
import { SettingsReader, type MapReader } from './reader.ts';
import { readSpf } from './spf.ts';

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
