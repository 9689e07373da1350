import { audit, profiles, type ProfileName } from '@postern/hardening';
import { describeWith } from '@postern/testbed';
import { beforeAll, expect, it, vi } from 'vitest';
import { hardenedBy } from '../transcript/configurations.ts';
import { bot, host, partner, user, type Lists } from '../transcript/scene.ts';
import { smugglingProbes } from '../transcript/smuggling-probes.ts';
import { withHost } from '../transcript/transcript.ts';
import { lynis, nmapOpenRelay, postfixCheck, swaks, testsslProtocols } from './tools.ts';

// nmap and testssl mostly wait, and a busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const needs = ['root', 'namespaces', 'ip', 'postfix', 'openssl', 'saslpasswd2', 'policyd-spf'];
const names = Object.keys(profiles) as ProfileName[];

/** Where each host takes TLS from outside. */
const tlsPort: Readonly<Record<ProfileName, number | undefined>> = {
  'internet-mx': 25,
  submission: 587,
  'relay-only': 25,
  'null-client': undefined,
  'backup-mx': 25,
};

interface Said {
  readonly complaints: readonly string[];
  readonly lynis: readonly string[];
  readonly relaying: string;
  readonly protocols: Readonly<Record<string, string>> | undefined;
  readonly bareNewline: string | undefined;
}

/** Asks everybody at once: most of the time goes by in waiting. */
function examine(name: ProfileName): Promise<Said> {
  const port = tlsPort[name];
  return withHost(
    hardenedBy[name],
    'well',
    async ({ lab, postfix }) => {
      const [check, findings, relaying, protocols, values] = await Promise.all([
        postfixCheck(lab),
        lynis(lab),
        name === 'null-client'
          ? lab.connect({ from: partner.address, to: host.address, port: 25 }).then(
              () => 'connected',
              (error: NodeJS.ErrnoException) => error.code ?? '',
            )
          : nmapOpenRelay(lab, host.address),
        port === undefined ? undefined : testsslProtocols(lab, host.address, port),
        postfix.postconf('smtpd_forbid_bare_newline'),
      ]);
      return {
        complaints: check.complaints,
        lynis: findings,
        relaying,
        protocols,
        bareNewline: values.get('smtpd_forbid_bare_newline'),
      };
    },
    name === 'null-client' ? false : undefined,
  );
}

describeWith([...needs, 'lynis', 'nmap', 'testssl'], 'hardened hosts before the tools of others', () => {
  const said = new Map<ProfileName, Said>();
  beforeAll(async () => {
    for (const [name, what] of await Promise.all(
      names.map(async (each) => [each, await examine(each)] as const),
    ))
      said.set(name, what);
  });

  it.each(names)('%s: nothing for lynis, postfix check and our own audit to find', (name) => {
    expect(said.get(name)).toMatchObject({ complaints: [], lynis: [] });
    const { main, master } = hardenedBy[name];
    expect(audit({ main, master, version: '3.7.11' })).toEqual([]);
  });

  it.each(names)('%s: no relay for nmap', (name) => {
    expect(said.get(name)?.relaying).toBe(
      name === 'null-client' ? 'ECONNREFUSED' : "Server doesn't seem to be an open relay, all tests failed",
    );
  });

  it.each(names.filter((name) => tlsPort[name] !== undefined))('%s: TLS 1.2 and 1.3 for testssl', (name) => {
    expect(said.get(name)?.protocols).toEqual({
      SSLv2: 'not offered',
      SSLv3: 'not offered',
      'TLS 1': 'not offered',
      'TLS 1.1': 'not offered',
      'TLS 1.2': 'offered',
      'TLS 1.3': 'offered',
    });
  });

  it.each(names)('%s: line ends are taken one way', (name) => {
    expect(said.get(name)?.bareNewline).toBe('normalize');
  });
});

const sent = {
  legitimate: { client: partner.address, helo: partner.name, from: 'ola@example.org', to: user.mail },
  'unknown user': {
    client: partner.address,
    helo: partner.name,
    from: 'ola@example.org',
    to: 'nobody-here@yourdomain.no',
  },
  relay: { client: partner.address, helo: partner.name, from: 'ola@example.org', to: 'victim@example.com' },
  botnet: { client: bot.address, helo: bot.name, from: 'offers@example.net', to: user.mail },
  spoof: { client: partner.address, helo: partner.name, from: 'boss@example.com', to: user.mail },
} as const;

describeWith([...needs, 'swaks'], 'the hardened mail server before swaks', () => {
  const days = ['well', 'open-resolver', 'parked'] as const satisfies readonly Lists[];
  const codes = new Map<Lists, Record<string, string>>();
  const smuggled: string[] = [];
  beforeAll(async () => {
    const matrix = days.map((lists) =>
      withHost(hardenedBy['internet-mx'], lists, async ({ lab }) => {
        const said: Record<string, string> = {};
        for (const [name, mail] of Object.entries(sent))
          said[name] = (await swaks(lab, mail, host.address)).slice(0, 3);
        codes.set(lists, said);
      }),
    );
    const smuggling = withHost(hardenedBy['internet-mx'], 'well', async (subject) => {
      for (const probe of smugglingProbes) {
        const { right, said } = await probe.examine(subject);
        if (!right) smuggled.push(`${probe.title}: ${said}`);
      }
    });
    await Promise.all([...matrix, smuggling]);
  });

  it.each(days)('takes what is legitimate and refuses the rest while the block lists answer: %s', (lists) => {
    expect(codes.get(lists)).toEqual({
      legitimate: '250',
      'unknown user': '550',
      relay: '554',
      // Here postscreen refuses for good.
      botnet: '550',
      spoof: '550',
    });
  });

  it('lets 0 of 3 messages be smuggled', () => {
    expect(smugglingProbes).toHaveLength(3);
    expect(smuggled).toEqual([]);
  });
});
