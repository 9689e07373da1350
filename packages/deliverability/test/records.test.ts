import { createPrivateKey } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResolver, fixtureResolver } from '@postern/dns';
import { describeWith, makeCertificate, startKnot } from '@postern/testbed';
import { parseHcl } from './hcl.ts';
import {
  authenticateMessage,
  checkDomain,
  DeliverabilityError,
  makeRecords,
  printRecords,
  type RecordPlan,
} from '../src/index.ts';

import { sign } from './sign.ts';

const certificate = makeCertificate('mx.example.com');
const longSpf = `v=spf1 ${Array.from({ length: 18 }, (_, at) => `ip4:192.0.2.${at}`).join(' ')} -all`;
const plan: RecordPlan = {
  domain: 'Example.com',
  spf: longSpf,
  dmarc: { policy: 'reject', subdomains: 'reject', reports: ['dmarc@example.com'] },
  mtaSts: { mode: 'enforce', mx: ['mx.example.com', '*.backup.example.com'], id: '20260101T000000' },
  tlsReports: ['tls@example.com'],
  dkim: { selector: 's2026' },
  caa: ['ca.example.net', 'other.example.org'],
  tlsa: { host: 'mx.example.com', certificate: Buffer.from(certificate.certificate) },
  reverse: { '192.0.2.25': 'mx.example.com', '2001:db8::25': 'mx.example.com' },
  ttl: 300,
};

describeWith(['knotd', 'openssl'], 'records that were made', () => {
  it('load into a strict name server and pass our own checks', async () => {
    const { records, domain } = await makeRecords(plan);
    const zone = printRecords(records, 'zone', domain);
    const inside = zone.split('\n').filter((line) => /^(?:\S+\.)?example\.com\. /.test(line));
    const reverse = zone.split('\n').filter((line) => /\.in-addr\.arpa\. /.test(line));
    const reverse6 = zone.split('\n').filter((line) => /\.ip6\.arpa\. /.test(line));
    expect(inside.length + reverse.length + reverse6.length).toBe(records.length);
    await using knot = await startKnot({
      zones: {
        'example.com': `@ MX 10 mx\nmx A 192.0.2.25\n${inside.join('\n')}`,
        '2.0.192.in-addr.arpa': reverse.join('\n'),
        '8.b.d.0.1.0.0.2.ip6.arpa': reverse6.join('\n'),
      },
      settings: '',
    });
    await using resolver = createResolver({ servers: [knot.server] });
    const { checks } = await checkDomain('example.com', {
      resolver,
      connect: false,
      selectors: ['s2026'],
      addresses: ['192.0.2.3'],
    });
    const status = (id: string): string[] =>
      checks.filter((check) => check.id === id).map((check) => check.status);
    for (const id of [
      'spf-record',
      'dkim-key',
      'dmarc-record',
      'dmarc-policy',
      'dmarc-reports',
      'mta-sts-record',
      'tls-reporting',
      'caa',
      'spf-address',
    ])
      expect([id, status(id)]).toEqual([id, ['pass']]);
    expect(await resolver.resolve('25.2.0.192.in-addr.arpa', 'PTR')).toMatchObject({
      records: ['mx.example.com'],
    });
    expect(await resolver.resolve(`5.2.${'0.'.repeat(22)}8.b.d.0.1.0.0.2.ip6.arpa`, 'PTR')).toMatchObject({
      records: ['mx.example.com'],
    });
    expect(await resolver.resolve('_25._tcp.mx.example.com', 'TLSA')).toMatchObject({
      records: [{ usage: 3, selector: 1, matching: 1 }],
    });
    expect(longSpf.length).toBeGreaterThan(255);
  });

  it.each(['rsa', 'ed25519'] as const)(
    'sign: a message with the %s key passes, and is refused once it is changed',
    async (type) => {
      const { records, files } = await makeRecords({ domain: 'example.com', dkim: { selector: 's', type } });
      const [key] = files;
      expect(key).toMatchObject({ secret: true });
      expect(createPrivateKey(key!.content).asymmetricKeyType).toBe(type);
      expect(JSON.stringify(records)).not.toContain('PRIVATE');
      const message = 'From: kari@example.com\r\nTo: ola@example.net\r\nSubject: hello\r\n\r\nhello\r\n';
      const signed = await sign(message, { privateKey: key!.content, algorithm: `${type}-sha256` });
      const resolver = fixtureResolver({
        's._domainkey.example.com': { TXT: [records[0]!.value.match(/.{1,255}/g) ?? []] },
        '_dmarc.example.com': { TXT: [['v=DMARC1; p=reject']] },
      });
      const envelope = { ip: '192.0.2.1', helo: 'mx.example.com', sender: 'kari@example.com' };
      expect(await authenticateMessage(signed, envelope, { resolver })).toMatchObject({
        dkim: [{ result: 'pass', domain: 'example.com' }],
        dmarc: { result: 'pass', alignedDkim: 'example.com' },
      });
      expect(await authenticateMessage(`${signed}more\r\n`, envelope, { resolver })).toMatchObject({
        dmarc: { result: 'fail', policy: 'reject' },
      });
    },
  );
});

describe('records as snippets', () => {
  it('are arguments of dnscontrol’s D(), which JavaScript can read', async () => {
    const { records, domain } = await makeRecords(plan);
    const text = printRecords(records, 'dnscontrol', domain);
    const calls: unknown[][] = [];
    const call =
      (type: string) =>
      (...args: unknown[]) =>
        void calls.push([type, ...args]);
    const context = {
      ...Object.fromEntries(
        ['TXT', 'MX', 'CAA', 'TLSA', 'PTR', 'A', 'AAAA', 'CNAME'].map((type) => [type, call(type)]),
      ),
      TTL: (seconds: number) => `ttl ${seconds}`,
    };
    runInNewContext(`[${text}]`, context);
    expect(calls).toHaveLength(records.length);
    expect(calls).toContainEqual(['TXT', '@', longSpf, 'ttl 300']);
    expect(calls).toContainEqual(['CAA', '@', 'issue', 'ca.example.net', 'ttl 300']);
    expect(calls).toContainEqual(['PTR', '25', 'mx.example.com.', 'ttl 300']);
    expect(text).toContain('// into D("2.0.192.in-addr.arpa"):');
    expect(calls.find(([type]) => type === 'TLSA')?.slice(0, 5)).toEqual(['TLSA', '_25._tcp.mx', 3, 1, 1]);
  });

  it('are resources of Terraform’s dns provider, with nothing left out unseen', async () => {
    const { records, domain } = await makeRecords({ ...plan, nullMx: true });
    const text = printRecords(records, 'terraform', domain);
    const blocks = parseHcl(text);
    expect(new Set(blocks.map(({ labels }) => labels.join(' '))).size).toBe(blocks.length);
    const shown = blocks.flatMap(({ type, labels, attributes, blocks: inner }) => {
      const { zone, name, ttl, ...rest } = attributes;
      expect([type, ttl]).toEqual(['resource', records[0]!.ttl]);
      const owner = `${name === undefined ? '' : `${String(name)}.`}${String(zone)}`.slice(0, -1);
      const values = [
        Object.values(rest),
        inner.map(({ attributes: mx }) => [mx['preference'], mx['exchange']].map(String).join(' ')),
      ];
      return values
        .flat(2)
        .map((value) => `${/^dns_([a-z]+)_/.exec(labels[0]!)![1]!.toUpperCase()} ${owner} ${String(value)}`);
    });
    const comments = text.split('\n').filter((line) => line.startsWith('# not in the dns provider: '));
    expect(comments.map((line) => line.split(' ')[9])).toEqual(['CAA', 'CAA', 'TLSA']);
    const known = records.filter(({ type }) => type !== 'CAA' && type !== 'TLSA');
    expect(shown.toSorted()).toEqual(
      known.map(({ type, name, value }) => `${type} ${name} ${value}`).toSorted(),
    );
  });

  it('hold every text as Terraform reads it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }),
        fc.constantFrom('', '${', '%{', '$${', '\b\f'),
        (text, more) => {
          const record = { name: 'x.example.com', type: 'TXT', value: more + text + more, ttl: 1 } as const;
          const [block] = parseHcl(printRecords([record], 'terraform', 'example.com'));
          expect(block?.attributes).toEqual({ zone: 'example.com.', name: 'x', txt: [record.value], ttl: 1 });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a plan of records that cannot be', () => {
  it.each<[string, Partial<RecordPlan>]>([
    ['no domain', { domain: '' }],
    ['a domain with a line break', { domain: 'example.com\n@ A 192.0.2.1' }],
    ['an SPF record with a line break', { spf: 'v=spf1 -all\n@ A 192.0.2.1' }],
    ['an SPF record that is none', { spf: 'hello' }],
    ['a report address with a semicolon', { dmarc: { policy: 'none', reports: ['a;p=reject@example.com'] } }],
    ['a report address without a domain', { tlsReports: ['somebody'] }],
    ['no report address', { tlsReports: [] }],
    ['a selector with a blank', { dkim: { selector: 's 1' } }],
    ['a policy without hosts', { mtaSts: { mode: 'enforce', mx: [], id: '1' } }],
    [
      'a policy with a line break',
      { mtaSts: { mode: 'enforce', mx: ['a.example\r\nmx: evil.example'], id: '1' } },
    ],
    ['an id with a semicolon', { mtaSts: { mode: 'none', mx: [], id: '1;' } }],
    ['an age of ten years', { mtaSts: { mode: 'none', mx: [], id: '1', maxAge: 315_576_000 } }],
    ['an authority with a quote', { caa: ['ca"; 0 issue "evil.example'] }],
    ['a certificate that is none', { tlsa: { host: 'mx.example.com', certificate: Buffer.from('hello') } }],
    ['a reverse name of no address', { reverse: { '192.0.2.256': 'mx.example.com' } }],
    ['a time to live below zero', { ttl: -1 }],
    ['a time to live that is no number', { ttl: Number.NaN }],
  ])('is refused in words: %s', async (_title, part) => {
    const { domain = 'example.com', ...rest } = part;
    await expect(makeRecords({ domain, ...rest })).rejects.toBeInstanceOf(DeliverabilityError);
  });

  it('never breaks out of its line, whatever a text holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const record = { name: 'x.example.com', type: 'TXT', value, ttl: 1 } as const;
        expect(printRecords([record], 'zone', 'example.com').trimEnd().split('\n')).toHaveLength(1);
        expect(printRecords([record], 'dnscontrol', 'example.com').trimEnd().split('\n')).toHaveLength(1);
      }),
    );
  });
});
