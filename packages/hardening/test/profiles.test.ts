import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parameter, satisfies } from '@postern/config';
import { audit, harden, profiles, type HardenOptions, type ProfileName } from '@postern/hardening';
import { proveRelay } from '@postern/simulator';
import { describeWith } from '@postern/testbed';
import { describe, expect, it, vi } from 'vitest';
import { applied, exampleHost, hardened, hostWith, plainHost, type TextHost } from './hosts.ts';
import { postconf } from './postconf.ts';

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 240_000 });

const versions =
  '2.7.16 2.8.20 2.9.15 2.10.10 2.11.11 3.0.15 3.1.15 3.2.12 3.3.22 3.4.29 3.5.25 3.6.15 3.7.11 3.8.9 3.9.4 3.10.3 3.11.6 3.12.0'.split(
    ' ',
  );

/** What each profile has to be told for a host without findings. */
const inputs: Readonly<Record<ProfileName, Omit<HardenOptions, 'profile'>>> = {
  'internet-mx': { sasl: { type: 'dovecot', path: 'private/auth' }, ownResolver: true },
  submission: { sasl: { type: 'dovecot', path: 'private/auth' } },
  'relay-only': {
    smarthost: { host: '[smtp.example.com]:587' },
    networks: ['192.0.2.0/24', '2001:db8::/48'],
  },
  'null-client': {
    smarthost: { host: '[smtp.example.com]:587', passwords: 'lmdb:/etc/postfix/password' },
  },
  'backup-mx': { relayDomains: ['example.org', 'example.net'], ownResolver: true },
};

const hosts: Readonly<Record<string, TextHost>> = {
  'a plain host': plainHost,
  'the melted-down host': exampleHost,
  'stock Debian': {
    ...plainHost,
    main: readFileSync(join(import.meta.dirname, 'transcript/stock-debian/main.cf'), 'utf8'),
  },
  'an open relay': hostWith(
    'mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit\n',
  ),
};

const names = Object.keys(profiles) as ProfileName[];

/** From 3.11 on as it is where Berkeley DB is gone, before 2.11 without lmdb. */
function optionsOf(profile: ProfileName, version: string): HardenOptions & { readonly berkeleyDb?: boolean } {
  const tls = { certificate: '/etc/ssl/mx.pem', key: '/etc/ssl/mx.key' };
  const { smarthost, ...others } = inputs[profile];
  const passwords = satisfies(version, '>=2.11')
    ? smarthost?.passwords
    : smarthost?.passwords?.replace('lmdb', 'hash');
  return {
    profile,
    hostname: 'mx.example.com',
    tls,
    ...others,
    ...(smarthost && { smarthost: { ...smarthost, ...(passwords !== undefined && { passwords }) } }),
    ...(satisfies(version, '>=3.11') && { berkeleyDb: false }),
  };
}

describe.each(names)('the profile %s', (profile) => {
  /** The melted-down host for every version, the others for the first, one in the middle and the last. */
  const cases = Object.entries(hosts).flatMap(([name, host]) =>
    versions
      .filter((_version, index) => host === exampleHost || index % 6 === 0 || index === versions.length - 1)
      .map((version) => [name, version, { ...host, version }] as const),
  );

  it.each(cases)(
    'leaves nothing to find on %s with Postfix %s, nothing to do and no relay',
    (_name, version, host) => {
      const options = optionsOf(profile, version);
      const plan = harden(host, options);
      const after = applied(host, plan);
      expect(audit(after, options).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
      const { changes, obstacles } = harden(after, options);
      expect({ changes, obstacles }).toEqual({ changes: [], obstacles: [] });
      const unknown = plan.changes.flatMap((change) =>
        change.type === 'set-parameter' && parameter(change.name) && !parameter(change.name, version)
          ? [change.name]
          : [],
      );
      expect(unknown).toEqual([]);
      const { main, master } = after;
      expect(proveRelay({ main, master, version })).toHaveProperty('closed');
    },
  );
});

describeWith(['postconf'], 'the installed Postfix', () => {
  it.each(names.flatMap((profile) => Object.keys(hosts).map((host) => [profile, host] as const)))(
    'reads what %s makes of %s without a complaint',
    (profile, name) => {
      const { main, master } = hardened(hosts[name]!, optionsOf(profile, '3.7.11'));
      expect(postconf({ main, master })).toEqual({ status: 0, complaints: [] });
    },
  );
});
