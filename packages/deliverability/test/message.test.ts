import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureResolver, type Zones } from '@postern/dns';
import { authenticateMessage, selectorsOf, type MessageVerdict } from '../src/index.ts';
import { sign } from './sign.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 512 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** In strings of at most 255 bytes. */
const record = (key: typeof publicKey): string[] =>
  `v=DKIM1; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`.match(/.{1,255}/g) ?? [];
const now = new Date('2026-11-23T12:00:00Z');
const day = 86_400_000;

const zones: Zones = {
  'example.com': { TXT: [['v=spf1 ip4:192.0.2.1 -all']] },
  'bulk.example.net': { TXT: [['v=spf1 ip4:192.0.2.1 -all']] },
  '_dmarc.example.com': { TXT: [['v=DMARC1; p=reject']] },
  '_dmarc.broken.example': 'SERVFAIL',
  's._domainkey.example.com': { TXT: [record(publicKey)] },
  'small._domainkey.example.com': { TXT: [record(small.publicKey)] },
  'revoked._domainkey.example.com': { TXT: [['v=DKIM1; p=']] },
  's._domainkey.example.net': { TXT: [record(publicKey)] },
};
const resolver = fixtureResolver(zones);
const message = 'From: Kari <kari@example.com>\r\nTo: ola@example.org\r\nSubject: hello\r\n\r\nhello\r\n';
const own = { ip: '192.0.2.1', helo: 'mx.example.com', sender: 'kari@example.com' };
const stranger = { ip: '192.0.2.66', helo: 'mx.evil.example', sender: 'x@evil.example' };

const check = (raw: Parameters<typeof authenticateMessage>[0], envelope = own): Promise<MessageVerdict> =>
  authenticateMessage(raw, envelope, { resolver, now, receiver: 'mx.example.org' });

describe('a message, as its receiver sees it', () => {
  it('passes by SPF, by DKIM, and by neither fails with advice', async () => {
    expect(await check(message)).toMatchObject({
      spf: { result: 'pass' },
      dmarc: { result: 'pass', alignedSpf: 'example.com' },
    });
    const signed = await sign(message, { privateKey: pem, signTime: now });
    const forwarded = await check(signed, stranger);
    expect(forwarded).toMatchObject({
      dkim: [{ result: 'pass' }],
      dmarc: { result: 'pass', alignedDkim: 'example.com' },
    });
    expect(forwarded.explanation[0]).toBe('DMARC passes: DKIM (example.com) vouches for example.com.');
    const forged = await check(message, stranger);
    expect(forged).toMatchObject({
      dmarc: { result: 'fail', policy: 'reject', policyDomain: 'example.com' },
    });
    expect(forged.explanation[0]).toContain('asks receivers to reject it');
    expect(forged.header).toMatch(/^Authentication-Results: mx\.example\.org; spf=.*dmarc=fail/);
    const bulk = await check(message, { ...own, sender: 'list@bulk.example.net' });
    expect(bulk.explanation.join(' ')).toContain('What passed is of bulk.example.net, not of example.com');
  });

  const dayBefore = new Date(now.getTime() - day);
  it.each([
    ['of another domain', { signingDomain: 'example.net' }, true, 'fail'],
    [
      'that has run out',
      { signTime: new Date(dayBefore.getTime() - day), expires: dayBefore },
      false,
      'fail',
    ],
    ['with a revoked key', { selector: 'revoked' }, false, 'fail'],
    ['without a key', { selector: 'none' }, false, 'fail'],
    ['over a part of the body', { maxBodyLength: 3 }, true, 'pass'],
  ] as const)('with a signature %s', async (_title, options, passes, dmarc) => {
    const signed = await sign(message, { privateKey: pem, signTime: now, ...options });
    const verdict = await check(signed, stranger);
    expect(verdict.dkim.map(({ result }) => result === 'pass')).toEqual([passes]);
    expect(verdict.dkim[0]?.unsigned !== undefined).toBe('maxBodyLength' in options);
    expect(verdict.dmarc.result).toBe(dmarc);
  });

  it('does not believe a key of 512 bits', async () => {
    const signed = await sign(message, {
      privateKey: small.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      selector: 'small',
      signTime: now,
    }).catch(() => undefined);
    const { dkim } = await check(signed ?? message, stranger);
    expect(dkim.some(({ result }) => result === 'pass')).toBe(false);
  });

  it.each([
    ['no From', 'Subject: x\r\n\r\nx', [], 'no From address'],
    [
      'two domains in From',
      'From: a@example.com, b@example.net\r\n\r\nx',
      ['example.com', 'example.net'],
      'names 2 domains',
    ],
    [
      'a domain whose policy cannot be had',
      'From: a@broken.example\r\n\r\nx',
      ['broken.example'],
      'could not be decided',
    ],
    ['a domain without policy', 'From: a@other.example\r\n\r\nx', ['other.example'], 'no DMARC policy'],
  ])('says what is so of %s', async (_title, raw, from, words) => {
    const { from: seen, explanation } = await check(raw);
    expect(seen).toEqual(from);
    expect(explanation.join(' ')).toContain(words);
  });

  it('may be broken in any way', async () => {
    const odd = [
      '',
      '\r\n',
      '\n\n',
      'From',
      ':',
      `From: ${'<'.repeat(5_000)}`,
      'Content-Type: multipart/mixed; boundary=\r\n\r\n--',
      'DKIM-Signature: v=1; d=; s=; b=\r\n\r\n',
      'ARC-Seal: i=9999999\r\nARC-Seal: i=x\r\n\r\n',
      'From: =?utf-8?B?////?= <@@@>\r\n\r\n',
      '\0\0\0',
    ];
    for (const raw of odd) expect((await check(raw)).header).toContain('Authentication-Results');
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('From: ', 'DKIM-Signature: a=rsa-sha256; d=example.com; s=s; ', ''),
        async (bytes, start) => {
          expect((await check(Buffer.concat([Buffer.from(start), bytes]))).header).not.toMatch(/[\r\n]/);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a message that is too much', () => {
  /** A message of many megabytes that is never in memory as a whole. */
  const large = (megabytes: number, start = message): Readable =>
    Readable.from(
      (function* () {
        yield Buffer.from(start);
        const block = Buffer.alloc(2 ** 20, `${'x'.repeat(70)}\r\n`);
        for (let at = 0; at < megabytes; at += 1) yield block;
      })(),
    );

  it('of 100 MB is read as it comes and kept nowhere', async () => {
    const signed = (await sign(message, { privateKey: pem, signTime: now, maxBodyLength: 3 })).replace(
      'hello\r\n',
      'hello\r\n',
    );
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const verdict = await check(large(100, signed), stranger);
    clearInterval(watch);
    expect(verdict.dkim).toMatchObject([{ result: 'pass' }]);
    expect(most - before).toBeLessThan(100 * 2 ** 20);
  }, 60_000);

  it('is refused in words', async () => {
    await expect(check(large(200))).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('157286400 bytes') as string,
    });
    await expect(check(large(2, 'X-Fill: '))).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('header section') as string,
    });
    await expect(check(`${'DKIM-Signature: v=1\r\n'.repeat(21)}${message}`)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('21 signatures') as string,
    });
    // Each would keep mailauth busy for minutes.
    for (const [hostile, why] of [
      [`X: ${'\r'.repeat(2000)}y\r\n${message}`, 'blanks in a row'],
      [`a${' '.repeat(2000)}b: y\r\n${message}`, 'blanks in a row'],
      [`X: y${'\r\n x'.repeat(20_001)}\r\n${message}`, 'more than 20000'],
      [`${message}${'a '.repeat(2 ** 20)}`, 'a line of it'],
    ] as const)
      await expect(check(hostile)).rejects.toMatchObject({
        code: 'too-large',
        message: expect.stringContaining(why) as string,
      });
    await expect(authenticateMessage(message, { ...own, ip: 'here' }, { resolver })).rejects.toMatchObject({
      code: 'bad-address',
    });
  });

  it('fails as its stream fails', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from(message);
        throw new Error('the disk is gone');
      })(),
    );
    await expect(check(broken)).rejects.toThrow('the disk is gone');
  });

  it('tells its selectors from its beginning alone', () => {
    const start =
      'DKIM-Signature: v=1; a=rsa-sha256; d=Example.com;\r\n\ts=S2026; h=from; b=x\r\nDKIM-Signature: s=two; d=example.net\r\n';
    const signers = [
      { domain: 'example.com', selector: 's2026' },
      { domain: 'example.net', selector: 'two' },
    ];
    expect(selectorsOf(`${start}\r\nDKIM-Signature: d=body.example; s=no`)).toEqual(signers);
    expect(
      selectorsOf(Buffer.concat([Buffer.from(`${start}\r\n`), Buffer.alloc(100 * 2 ** 20, 'x')])),
    ).toEqual(signers);
    expect(selectorsOf('')).toEqual([]);
    expect(selectorsOf(`DKIM-Signature: ${'; '.repeat(400_000)}`)).toEqual([]);
    expect(selectorsOf(`DKIM-Signature: ;${' '.repeat(900_000)}`)).toEqual([]);
  });
});
