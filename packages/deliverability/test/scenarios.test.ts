import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDnsbl } from '@postern/dnsbl';
import { describeWith } from '@postern/testbed';
import { checkDomain, checkHost, type Check, type DomainOptions, type HostOptions } from '../src/index.ts';
import { startWorld, type World } from './world/servers.ts';

/** What a report has to say, by check: the statuses of that name, and perhaps words of a message. */
type Expected = Readonly<Record<string, string | readonly [status: string, words: RegExp]>>;

interface DomainScenario {
  readonly domain: string;
  readonly options?: Partial<Omit<DomainOptions, 'resolver'>>;
  /** How long a connection may take, in ms, where the server is not going to answer. */
  readonly patience?: number;
  readonly expected: Expected;
}

const day = 86_400_000;
const inDays = (count: number): Date => new Date(Date.now() + count * day);
/** By name servers alone. */
const offline = { connect: false } as const;
const dkim = (selector: string): Partial<DomainOptions> => ({ ...offline, selectors: [selector] });

const domains: Readonly<Record<string, DomainScenario>> = {
  'a domain where everything is right': {
    domain: 'Signed.Example.',
    options: { selectors: ['s1'], addresses: ['127.0.1.1'] },
    expected: {
      mx: 'pass',
      'mx-host': 'pass',
      'reverse-name': 'pass',
      'spf-record': 'pass',
      'spf-address': 'pass',
      'dkim-key': 'pass',
      'dmarc-record': 'pass',
      'dmarc-policy': 'pass',
      'dmarc-reports': 'pass',
      'mta-sts-record': 'pass',
      'mta-sts-policy': 'pass',
      'mta-sts-mx': 'pass',
      dane: ['pass', /proven by DNSSEC and fit/],
      caa: ['pass', /Only ca\.example\.net/],
      tls: ['pass', /TLSv1\.3/],
      certificate: 'pass',
      'certificate-expiry': 'pass',
      'tls-reporting': 'pass',
      bimi: 'info',
      'gmail-reverse': 'pass',
      'gmail-spf': 'pass',
      'microsoft-dkim': 'pass',
      'yahoo-unsubscribe': 'unknown',
    },
  },
  'a domain that does not exist': {
    domain: 'nobody.plain.example',
    options: offline,
    expected: { mx: ['fail', /does not exist/], 'dmarc-record': 'fail', 'spf-no-record': 'fail' },
  },
  'a zone that its server cannot load': {
    domain: 'dead.example',
    options: offline,
    expected: {
      mx: ['unknown', /servfail/],
      'spf-dns': 'unknown',
      'dkim-key': 'unknown',
      'dmarc-record': 'unknown',
    },
  },
  'a zone whose signatures are missing': {
    domain: 'forged.example',
    options: offline,
    expected: { mx: ['unknown', /servfail/] },
  },
  'a domain that takes no mail': {
    domain: 'null.plain.example',
    expected: { mx: ['info', /takes no mail/], 'spf-record': 'pass', 'dmarc-policy': 'pass' },
  },
  'a null MX beside others': { domain: 'undecided.plain.example', expected: { mx: ['fail', /either/] } },
  'an MX that is an alias': {
    domain: 'aliased.plain.example',
    expected: { 'mx-host': ['warning', /CNAME/] },
  },
  'an MX without an address': {
    domain: 'nowhere.plain.example',
    expected: { 'mx-host': ['fail', /no address/] },
  },
  'an MX that is an address': {
    domain: 'literal.plain.example',
    expected: { 'mx-host': ['fail', /is an address/] },
  },
  'a domain without MX that has an address': {
    domain: 'own.plain.example',
    options: offline,
    expected: { mx: ['warning', /its own address/] },
  },
  'a domain with neither MX nor address': {
    domain: 'empty.plain.example',
    expected: { mx: ['fail', /neither/] },
  },

  'no SPF record': {
    domain: 'spf0.plain.example',
    options: offline,
    expected: { 'spf-no-record': 'fail', 'gmail-spf': 'fail' },
  },
  'two SPF records': {
    domain: 'spf2.plain.example',
    options: offline,
    expected: { 'spf-multiple-records': 'fail' },
  },
  'an SPF record over its budget': {
    domain: 'budget.plain.example',
    options: offline,
    expected: { 'spf-lookup-budget': 'fail' },
  },
  'an SPF record that passes everybody': {
    domain: 'spfall.plain.example',
    options: offline,
    expected: { 'spf-all-passes': 'fail' },
  },
  'an own address that SPF does not cover': {
    domain: 'good.plain.example',
    options: { ...offline, addresses: ['127.0.1.1', '127.0.1.2'] },
    expected: { 'spf-address': ['fail,pass', /127\.0\.1\.2 gets SPF fail/], 'reverse-name': 'pass' },
  },

  'a DKIM key of 512 bits': {
    domain: 'dkim.plain.example',
    options: dkim('small'),
    expected: { 'dkim-key': ['fail', /512/] },
  },
  'a DKIM key of 1024 bits': {
    domain: 'dkim.plain.example',
    options: dkim('fair'),
    expected: { 'dkim-key': ['warning', /1024/] },
  },
  'a DKIM key of 2048 bits': {
    domain: 'dkim.plain.example',
    options: dkim('good'),
    expected: { 'dkim-key': 'pass' },
  },
  'an Ed25519 key': {
    domain: 'dkim.plain.example',
    options: dkim('ed'),
    expected: { 'dkim-key': ['pass', /Ed25519/] },
  },
  'a DKIM key in testing': {
    domain: 'dkim.plain.example',
    options: dkim('test'),
    expected: { 'dkim-key': ['warning', /t=y/] },
  },
  'a revoked DKIM key': {
    domain: 'dkim.plain.example',
    options: dkim('gone'),
    expected: { 'dkim-key': ['fail', /revoked/] },
  },
  'a DKIM key that was cut short': {
    domain: 'dkim.plain.example',
    options: dkim('cut'),
    expected: { 'dkim-key': ['fail', /missing/] },
  },
  'a DKIM key that is not for mail': {
    domain: 'dkim.plain.example',
    options: dkim('other'),
    expected: { 'dkim-key': ['fail', /not for mail/] },
  },
  'two DKIM keys under one selector': {
    domain: 'dkim.plain.example',
    options: dkim('two'),
    expected: { 'dkim-key': ['fail', /2 texts/] },
  },
  'a DKIM key of another version': {
    domain: 'dkim.plain.example',
    options: dkim('v2'),
    expected: { 'dkim-key': ['fail', /DKIM2/] },
  },
  'a selector without a key': {
    domain: 'dkim.plain.example',
    options: dkim('none'),
    expected: { 'dkim-key': ['fail', /no key/], 'gmail-dkim': 'fail' },
  },
  'a selector that cannot be one': {
    domain: 'dkim.plain.example',
    options: dkim('no such\u0007'),
    expected: { 'dkim-key': 'unknown' },
  },
  'a selector that is guessed': {
    domain: 'guessed.plain.example',
    options: offline,
    expected: { 'dkim-key': ['pass', /default\._domainkey/] },
  },
  'no selector that could be guessed': {
    domain: 'good.plain.example',
    options: offline,
    expected: { 'dkim-key': ['unknown', /common selectors/] },
  },

  'DMARC with p=none': {
    domain: 'dmarc-none.plain.example',
    options: offline,
    expected: { 'dmarc-record': 'pass', 'dmarc-policy': 'warning', 'gmail-dmarc': 'pass' },
  },
  'two DMARC records': {
    domain: 'dmarc2.plain.example',
    options: offline,
    expected: { 'dmarc-record': ['fail', /2 DMARC records/] },
  },
  'no DMARC record': {
    domain: 'spf0.plain.example',
    options: offline,
    expected: { 'dmarc-record': ['fail', /none above it/], 'yahoo-dmarc': 'fail' },
  },
  'DMARC reports to who did not agree': {
    domain: 'foreign.plain.example',
    options: offline,
    expected: { 'dmarc-reports': ['fail', /does not say/] },
  },
  'DMARC reports to who agreed': {
    domain: 'agreed.plain.example',
    options: offline,
    expected: { 'dmarc-reports': ['pass', /agrees/] },
  },
  'a policy of the organisation': {
    domain: 'sub.org.plain.example',
    options: offline,
    expected: {
      'dmarc-record': ['pass', /of org\.plain\.example holds/],
      'dmarc-policy': ['pass', /reject/],
    },
  },
  'a DMARC record without a usable policy': {
    domain: 'unusable.plain.example',
    options: offline,
    expected: { 'dmarc-record': ['fail', /asks receivers for nothing/] },
  },
  'a DMARC record with a tag twice': {
    domain: 'twice.plain.example',
    options: offline,
    expected: { 'dmarc-record': ['fail', /twice/] },
  },
  'a DMARC record in testing, with old tags': {
    domain: 'tested.plain.example',
    options: offline,
    expected: { 'dmarc-record': ['warning', /pct/], 'dmarc-policy': ['warning', /t=y/] },
  },

  'no MTA-STS': {
    domain: 'dkim.plain.example',
    options: offline,
    expected: { 'mta-sts-record': 'warning', 'tls-reporting': 'warning' },
  },
  'MTA-STS enforced': {
    domain: 'good.plain.example',
    expected: { 'mta-sts-policy': 'pass', 'mta-sts-mx': 'pass' },
  },
  'MTA-STS, not to be looked at': {
    domain: 'good.plain.example',
    options: offline,
    expected: { 'mta-sts-record': 'pass', 'mta-sts-policy': 'unknown' },
  },
  'MTA-STS without a policy file': {
    domain: 'missing.plain.example',
    expected: { 'mta-sts-policy': ['fail', /404/] },
  },
  'MTA-STS of the wrong type': {
    domain: 'typed.plain.example',
    expected: { 'mta-sts-policy': ['fail', /text\/html/] },
  },
  'MTA-STS that redirects': {
    domain: 'moved.plain.example',
    expected: { 'mta-sts-policy': ['fail', /redirects/] },
  },
  'MTA-STS for another MX': {
    domain: 'other-mx.plain.example',
    expected: { 'mta-sts-mx': ['fail', /does not cover/] },
  },
  'MTA-STS in testing': {
    domain: 'testing.plain.example',
    expected: { 'mta-sts-policy': ['warning', /testing/] },
  },
  'MTA-STS withdrawn': {
    domain: 'none.plain.example',
    expected: { 'mta-sts-policy': ['warning', /mode: none/] },
  },
  'MTA-STS that cannot be read': {
    domain: 'broken.plain.example',
    expected: { 'mta-sts-policy': ['fail', /line 2/] },
  },
  'MTA-STS with a certificate for another name': {
    domain: 'untrusted.plain.example',
    expected: { 'mta-sts-policy': ['fail', /altnames|certificate/i] },
  },
  'MTA-STS without a host': {
    domain: 'homeless.plain.example',
    expected: { 'mta-sts-policy': ['fail', /no address/] },
  },
  'MTA-STS of a gigabyte': {
    domain: 'huge.plain.example',
    expected: { 'mta-sts-policy': ['fail', /longer than 65536 bytes/] },
  },
  'MTA-STS a byte at a time': {
    domain: 'slow.plain.example',
    patience: 1_500,
    expected: { 'mta-sts-policy': ['fail', /took longer/] },
  },
  'two MTA-STS records': {
    domain: 'sts2.plain.example',
    expected: { 'mta-sts-record': ['fail', /none counts/] },
  },
  'TLS reports to what is no address': {
    domain: 'tlsrpt.plain.example',
    options: offline,
    expected: { 'tls-reporting': 'fail' },
  },

  'a pinned certificate that is not the one shown': {
    domain: 'mispinned.signed.example',
    expected: { dane: ['fail', /No TLSA record/] },
  },
  'a pinned authority': { domain: 'anchored.signed.example', expected: { dane: 'pass' } },
  'a pinned authority, for another name': { domain: 'misnamed.signed.example', expected: { dane: 'fail' } },
  'TLSA records of no use for mail': {
    domain: 'usage0.signed.example',
    expected: { dane: ['fail', /None of the TLSA/] },
  },
  'TLSA records in an unsigned zone': {
    domain: 'good.plain.example',
    expected: { dane: ['unknown', /does not say that DNSSEC/] },
  },
  'TLSA records, the certificate not looked at': {
    domain: 'signed.example',
    options: offline,
    expected: { dane: ['unknown', /was not seen/] },
  },
  'CAA that forbids everybody': {
    domain: 'forbidden.signed.example',
    options: offline,
    expected: { caa: ['warning', /No authority/] },
  },
  'CAA with a critical tag': {
    domain: 'critical.signed.example',
    options: offline,
    expected: { caa: ['fail', /critical/] },
  },
  'a logo': { domain: 'bimi.plain.example', options: offline, expected: { bimi: 'pass' } },
  'a logo without a strong policy': {
    domain: 'weakbimi.plain.example',
    options: offline,
    expected: { bimi: ['warning', /DMARC/] },
  },

  'an MX without STARTTLS': {
    domain: 'cleartext.plain.example',
    expected: { tls: ['fail', /does not offer STARTTLS/] },
  },
  'a certificate for another name': {
    domain: 'misnamed.plain.example',
    expected: { tls: 'pass', certificate: ['warning', /not believed/] },
  },
  'TLS 1.2': { domain: 'tls12.plain.example', expected: { tls: ['pass', /TLSv1\.2/] } },
  'an MX that has only IPv6': { domain: 'six.plain.example', expected: { tls: 'pass', certificate: 'pass' } },
  'a certificate that ran out': {
    domain: 'good.plain.example',
    options: { now: inDays(40) },
    expected: { 'certificate-expiry': ['fail', /expired 1\d days ago/] },
  },
  'a certificate that runs out soon': {
    domain: 'good.plain.example',
    options: { now: inDays(25) },
    expected: { 'certificate-expiry': ['warning', /[45] days more/] },
  },

  'an MX that says nothing': {
    domain: 'rude1.plain.example',
    patience: 1_500,
    expected: { tls: ['fail', /no answer in time/] },
  },
  'an MX that speaks HTTP': {
    domain: 'rude2.plain.example',
    expected: { tls: ['fail', /does not speak SMTP/] },
  },
  'an endless greeting': { domain: 'rude3.plain.example', expected: { tls: ['fail', /longer than 65536/] } },
  'an endless EHLO reply': {
    domain: 'rude4.plain.example',
    expected: { tls: ['unknown', /longer than 65536/] },
  },
  'an MX that closes in the handshake': {
    domain: 'rude5.plain.example',
    expected: { tls: ['fail', /handshake/] },
  },
  'an MX that hangs in the handshake': {
    domain: 'rude6.plain.example',
    patience: 1_500,
    expected: { tls: ['fail', /handshake took too long/] },
  },
  'rubbish in place of a handshake': {
    domain: 'rude7.plain.example',
    patience: 3_000,
    expected: { tls: ['fail', /handshake/] },
  },
  'STARTTLS that is offered and refused': {
    domain: 'rude8.plain.example',
    expected: { tls: ['fail', /454/] },
  },
  'an MX that closes after its greeting': {
    domain: 'rude9.plain.example',
    expected: { tls: ['unknown', /closed the connection/] },
  },
  'an MX that turns everybody away': {
    domain: 'rude10.plain.example',
    expected: { tls: ['unknown', /554 5\.7\.1 no service for you  ?\[2J/] },
  },
  'a line that comes a byte at a time': {
    domain: 'rude11.plain.example',
    patience: 1_500,
    expected: { tls: ['fail', /no answer in time/] },
  },
  'an MX that must not be connected to': {
    domain: 'good.plain.example',
    options: { connect: { mayConnect: () => false } },
    expected: { 'mta-sts-policy': ['fail', /none of the addresses/], dane: 'unknown' },
  },
};

interface HostScenario {
  readonly address: string;
  readonly helo?: string;
  readonly ports?: (world: World) => Readonly<Partial<Record<25 | 465 | 587, number | false>>>;
  readonly options?: Partial<Omit<HostOptions, 'resolver'>>;
  readonly lists?: readonly string[];
  readonly patience?: number;
  readonly expected: Expected;
}

const noPorts = (): { readonly 25: false; readonly 465: false; readonly 587: false } => ({
  25: false,
  465: false,
  587: false,
});

const hosts: Readonly<Record<string, HostScenario>> = {
  'a host where everything is right': {
    address: '127.0.1.1',
    helo: 'mx.signed.example',
    lists: ['bl.plain.example'],
    ports: ({ smtp, submission, submissions }) => ({ 25: smtp, 465: submissions, 587: submission }),
    expected: {
      'reverse-name': 'pass',
      helo: 'pass',
      lists: 'pass',
      'port-25': 'pass',
      'port-465': 'pass',
      'port-587': 'pass',
      tls: 'pass',
      certificate: 'pass',
      'certificate-expiry': 'pass',
    },
  },
  'a host by IPv6': {
    address: '0:0:0:0:0:0:0:1',
    ports: ({ smtp }) => ({ 25: smtp, 465: false, 587: false }),
    expected: { 'reverse-name': 'pass', helo: ['pass', /mx6/], 'port-25': 'pass', certificate: 'pass' },
  },
  'a host without a name': {
    address: '127.0.1.3',
    ports: noPorts,
    expected: { 'reverse-name': ['fail', /no name/], helo: 'unknown' },
  },
  'a name that does not lead back': {
    address: '127.0.1.70',
    ports: noPorts,
    expected: { 'reverse-name': ['fail', /does not lead back/] },
  },
  'a name whose zone is broken': {
    address: '127.0.1.74',
    ports: noPorts,
    expected: { 'reverse-name': ['unknown', /servfail/] },
  },
  'a generic name': {
    address: '127.0.1.71',
    ports: noPorts,
    expected: { 'reverse-name': 'pass', 'reverse-generic': 'warning' },
  },
  'two names': { address: '127.0.1.73', ports: noPorts, expected: { 'reverse-names': 'warning' } },
  'a HELO that is an address': {
    address: '127.0.1.1',
    helo: '[127.0.1.1]',
    ports: noPorts,
    expected: { helo: ['fail', /is an address/] },
  },
  'a HELO of one word': {
    address: '127.0.1.1',
    helo: 'localhost',
    ports: noPorts,
    expected: { helo: ['fail', /no full host name/] },
  },
  'a HELO without an address': {
    address: '127.0.1.1',
    helo: 'gone.plain.example',
    ports: noPorts,
    expected: { helo: ['fail', /no address/] },
  },
  'a HELO of another host': {
    address: '127.0.1.1',
    helo: 'clear.plain.example',
    ports: noPorts,
    expected: { helo: ['warning', /not to 127\.0\.1\.1/] },
  },
  'a HELO that is another name of the host': {
    address: '127.0.1.1',
    helo: 'mx.plain.example',
    ports: noPorts,
    expected: { helo: 'info' },
  },
  'a HELO in a broken zone': {
    address: '127.0.1.1',
    helo: 'mx.dead.example',
    ports: noPorts,
    expected: { helo: ['unknown', /servfail/] },
  },
  'a listed host': {
    address: '127.0.1.66',
    lists: ['bl.plain.example'],
    ports: noPorts,
    expected: { listed: ['fail', /bl\.plain\.example/] },
  },
  'a list that is dead': {
    address: '127.0.1.1',
    lists: ['bl.dead.example'],
    ports: noPorts,
    expected: { 'list-error': 'unknown' },
  },
  'closed ports': {
    address: '127.0.1.1',
    ports: ({ closed }) => ({ 25: closed, 465: closed, 587: closed }),
    expected: { 'port-25': ['info', /closed/], 'port-587': 'info' },
  },
  'passwords in clear text': {
    address: '127.0.1.1',
    ports: ({ carelessSubmission }) => ({ 25: false, 465: false, 587: carelessSubmission }),
    expected: { 'port-587': ['fail', /AUTH without encryption/], tls: 'fail' },
  },
  'port 465 without TLS': {
    address: '127.0.1.1',
    ports: ({ smtp }) => ({ 25: false, 465: smtp, 587: false }),
    patience: 5_000,
    expected: { 'port-465': 'warning', tls: ['fail', /handshake/] },
  },
  'TLS 1.0 alone': {
    address: '127.0.1.5',
    ports: ({ smtp }) => ({ 25: smtp, 465: false, 587: false }),
    expected: { tls: ['warning', /encrypts with TLSv1\.$/m] },
  },
  'TLS 1.1 alone': {
    address: '127.0.1.6',
    ports: ({ smtp }) => ({ 25: smtp, 465: false, 587: false }),
    expected: { tls: ['warning', /encrypts with TLSv1\.1\.$/m] },
  },
  'port 25 that is silent': {
    address: '127.0.3.1',
    ports: ({ smtp }) => ({ 25: smtp, 465: false, 587: false }),
    patience: 1_500,
    expected: { 'port-25': ['warning', /no answer in time/] },
  },
};

describeWith(
  ['root', 'namespaces', 'postfix', 'knotd', 'keymgr', 'unbound', 'openssl'],
  'from outside, against real servers',
  () => {
    let world: World;
    beforeAll(async () => {
      world = await startWorld();
    }, 60_000);
    afterAll(async () => world?.[Symbol.asyncDispose]());

    it('has more than forty scenarios of domains and hosts', () => {
      expect(Object.keys(domains).length + Object.keys(hosts).length).toBeGreaterThanOrEqual(40);
    });

    it.concurrent.each(Object.entries(domains))('%s', async (_title, scenario) => {
      const { resolver, ca, smtp, https } = world;
      const { connect, ...options } = scenario.options ?? {};
      const report = await checkDomain(scenario.domain, {
        resolver,
        ...options,
        connect:
          connect === false
            ? false
            : { ca, ports: { smtp, https }, timeout: scenario.patience ?? 30_000, ...connect },
      });
      expect(complaints(report.checks, scenario.expected)).toEqual([]);
    });

    it.concurrent.each(Object.entries(hosts))('%s', async (_title, scenario) => {
      const {
        address,
        helo,
        ports = () => ({}),
        lists,
        options = {},
        patience = 30_000,
        expected,
      } = scenario;
      const { resolver, ca } = world;
      await using dnsbl = lists && createDnsbl({ resolver, zones: lists, reserved: 'ask' });
      const report = await checkHost(
        { address, ...(helo === undefined ? {} : { helo }) },
        {
          resolver,
          ...(dnsbl ? { dnsbl } : {}),
          connect: { ca, ports: ports(world), timeout: patience },
          ...options,
        },
      );
      expect(complaints(report.checks, expected)).toEqual([]);
    });

    it('ends at once when it is told to', async () => {
      const { resolver, ca, smtp, https } = world;
      const stop = new AbortController();
      const waiting = checkDomain('rude6.plain.example', {
        resolver,
        signal: stop.signal,
        connect: { ca, ports: { smtp, https }, timeout: 600_000 },
      });
      setTimeout(() => stop.abort(), 300);
      const { checks, status } = await waiting;
      expect(status).not.toBe('pass');
      expect(checks.some((check) => check.topic === 'tls' && check.status !== 'pass')).toBe(true);
    });
  },
);

/** What of a report is not as expected, in words. */
function complaints(checks: readonly Check[], expected: Expected): string[] {
  const found = Object.entries(expected).flatMap(([id, want]) => {
    const [status, words] = typeof want === 'string' ? [want, /^/] : want;
    const those = checks.filter((check) => check.id === id);
    const seen = [...new Set(those.map((check) => check.status))].toSorted().join(',');
    const messages = those.map(({ message }) => message).join('\n');
    return seen === status && words.test(messages) ? [] : [`${id}: ${seen}, not ${status}: ${messages}`];
  });
  return [...found, ...checks.flatMap(faults)];
}

/** Whatever is not well says what to do, or how to see it; and nothing can drive a terminal. */
function faults({ id, status, advice, source, evidence, message }: Check): string[] {
  const mute = (status === 'fail' || status === 'warning' || status === 'unknown') && !advice;
  // oxlint-disable-next-line no-control-regex -- a terminal must not see them
  const wild = [message, ...evidence].some((text) => /[\u0000-\u001F\u007F-\u009F]/.test(text));
  return [
    ...(mute ? [`${id} has no advice: ${message}`] : []),
    ...(wild ? [`${id} has control characters: ${JSON.stringify(message)}`] : []),
    ...(source === '' ? [`${id} has no source`] : []),
  ];
}
