import { isIP } from 'node:net';
import type { Node } from 'yaml';
import type { SpfHandlerOptions } from '../handlers/spf/options.ts';
import { defined, networksOf } from './checked-values.ts';
import type { HandlerSettings, RecipientSpf } from './policy-settings.ts';
import type { MapReader, SettingsReader } from './reader.ts';

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

/** Reads what the SPF handler is told. */
export function readSpf(reader: SettingsReader, node: Node | null, at: string): HandlerSettings | undefined {
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
