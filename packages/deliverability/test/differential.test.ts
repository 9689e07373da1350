import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dkimVerify, dmarc } from 'mailauth';
import { parsePolicy, validateMx } from 'mailauth/lib/mta-sts.js';
import { seededRandom } from '@postern/testbed';
import { describe, expect, it } from 'vitest';
import { fixtureResolver, type Zones } from '@postern/dns';
import { parseDkimKey } from '../src/dkim/key.ts';
import { discoverPolicy } from '../src/dmarc/tree-walk.ts';
import { nodeLookup } from '../src/message/node-resolver.ts';
import { sign } from './sign.ts';
import { matchesPolicy, parseMtaStsPolicy } from '../src/mta-sts/policy.ts';

const milder = { reject: 'quarantine', quarantine: 'none', none: 'none' } as const;

describe('DMARC, against mailauth', () => {
  const texts = [
    ['v=DMARC1; p=none'],
    ['v=DMARC1; p=reject; sp=quarantine; np=none'],
    ['v=DMARC1;p=quarantine;np=reject'],
    ['v=DMARC1; p=reject; psd=y; sp=quarantine'],
    ['v=DMARC1; p=reject; psd=n'],
    ['v=DMARC1; p=none; psd=y; np=reject'],
    ['v=DMARC1; p=reject; t=y; np=quarantine'],
    ['v=DMARC1; P=reject'],
    ['V=DMARC1 ; p = REJECT ; adkim=s'],
    ['v=dmarc1; p=reject'],
    ['p=reject; v=DMARC1'],
    ['v=DMARC1; p=refuse'],
    ['v=DMARC1; p=refuse; rua=mailto:d@example.org'],
    ['v=DMARC1; rua=mailto:d@example.org!10m, https://example.org/x'],
    ['v=DMARC1; rua=d@example.org'],
    ['v=DMARC1; p=reject; sp=never; rua=mailto:d@example.org'],
    ['v=DMARC1; p=reject; np=never'],
    ['v=DMARC1; p=reject; p=none'],
    ['v=DMARC1; p=reject; pct=0; ri=60; rf=afrf; x=1'],
    ['v=DMARC1; p=reject;;; ;'],
    ['v=DMARC1; p=reject; psd=maybe; t=perhaps'],
    ['v=DMARC1;', ' p=reject'],
    ['v=DMARC1'],
    ['v=DMARC10; p=reject'],
    ['something else'],
  ] as const;
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'org', 'example'];

  it('finds the same policy at the same domain for the same organisation in 3,000 worlds', async () => {
    const random = seededRandom(9989);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const differences: unknown[] = [];
    let found = 0;
    for (let world = 0; world < 3_000; world += 1) {
      const author = labels.slice(-1 - Math.ceil(random() * 10)).join('.');
      const zones: Record<string, Zones[string]> = {};
      const parts = author.split('.');
      for (let at = 0; at < parts.length; at += 1) {
        if (random() < 0.5) continue;
        const name = `_dmarc.${parts.slice(at).join('.')}`;
        const records = random() < 0.1 ? [pick(texts), pick(texts)] : [pick(texts)];
        zones[name] = random() < 0.03 ? 'SERVFAIL' : { TXT: records.map((strings) => [...strings]) };
      }
      const exists = random();
      if (exists < 0.3) zones[author] = { A: ['192.0.2.1'] };
      else if (exists < 0.4) zones[author] = { CNAME: ['gone.example'] };
      const resolver = fixtureResolver(zones);
      const [ours, theirs] = await Promise.all([
        discoverPolicy(resolver, author),
        dmarc({
          headerFrom: [`x@${author}`],
          spfDomains: [],
          dkimDomains: [],
          resolver: nodeLookup(resolver),
          strict: true,
        }),
      ]);
      const say = (policy: unknown, from: unknown, organization: unknown): unknown =>
        policy ? { policy, from, organization } : 'none';
      const { record, policy, from, walk } = ours;
      const unknown = record === null && walk.unknown !== undefined;
      const we = unknown
        ? 'temperror'
        : say(policy && (record?.testing ? milder[policy] : policy), from, walk.organizationalDomain);
      const they =
        !theirs || theirs.status.result === 'temperror'
          ? 'temperror'
          : say(theirs.policy, theirs.policyDomain, theirs.domain);
      if (policy !== null) found += 1;
      if (JSON.stringify(we) !== JSON.stringify(they)) differences.push({ author, zones, we, they });
    }
    expect(differences.slice(0, 3)).toEqual([]);
    expect(found).toBeGreaterThan(1_000);
  });
});

describe('DKIM keys, against mailauth', () => {
  const rsa = (modulusLength: number): { privateKey: KeyObject; publicKey: KeyObject } =>
    generateKeyPairSync('rsa', { modulusLength });
  const good = rsa(1024);
  const [small, edwards] = [rsa(512), generateKeyPairSync('ed25519')];
  const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');
  const p = spki(good.publicKey);
  const bare = good.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64');
  const raw = edwards.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');

  it.each([
    ['a whole record', `v=DKIM1; k=rsa; p=${p}`],
    ['the key alone', `p=${p}`],
    ['white space within the key', `v=DKIM1; p=${p.slice(0, 20)} \t ${p.slice(20)}`],
    ['notes and unknown tags', `v=DKIM1; n=hello; x=1; p=${p}`],
    ['testing', `v=DKIM1; t=y:s; p=${p}`],
    ['for mail', `v=DKIM1; s=email; p=${p}`],
    ['not for mail', `v=DKIM1; s=tlsrpt; p=${p}`],
    ['only SHA-1', `v=DKIM1; h=sha1; p=${p}`],
    ['SHA-256 among others', `v=DKIM1; h=sha1 : sha256; p=${p}`],
    ['another version', `v=DKIM2; p=${p}`],
    ['the version last', `p=${p}; v=DKIM1`],
    ['a tag twice', `v=DKIM1; p=${p}; p=${p}`],
    ['an unknown type', `v=DKIM1; k=dsa; p=${p}`],
    ['revoked', 'v=DKIM1; p='],
    ['no key', 'v=DKIM1; k=rsa'],
    ['cut short', `v=DKIM1; p=${p.slice(0, 100)}`],
    ['no base64', 'v=DKIM1; p=!!!!'],
    ['a bare RSAPublicKey', `v=DKIM1; p=${bare}`],
    ['Ed25519', `v=DKIM1; k=ed25519; p=${raw}`],
    ['Ed25519 of the wrong length', `v=DKIM1; k=ed25519; p=${raw.slice(0, 20)}`],
    ['512 bits', `v=DKIM1; p=${spki(small.publicKey)}`],
    ['some other text', 'v=spf1 -all'],
    ['nothing', ''],
  ])('count for the same: %s', async (_title, record) => {
    const key = parseDkimKey(record);
    const signer = key.type === 'ed25519' ? edwards : key.bits === 512 ? small : good;
    const message = 'From: kari@example.com\r\nSubject: hello\r\n\r\nhello\r\n';
    const signed = await sign(message, {
      privateKey: signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      algorithm: key.type === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256',
    });
    const resolver = nodeLookup(fixtureResolver({ 's._domainkey.example.com': { TXT: [[record]] } }));
    const { results } = await dkimVerify(signed, { resolver, strict: true });
    const usable = key.bits !== undefined && key.bits !== 512 && !key.unusable && !key.revoked;
    const theirs = results[0]?.status.result ?? 'none';
    expect({ usable, passes: theirs === 'pass', known: theirs !== 'none' }).toEqual({
      usable,
      passes: usable,
      known: true,
    });
  });
});

describe('MTA-STS policies, against mailauth', () => {
  const lines = {
    version: ['version: STSv1', 'version:STSv1', 'version: STSv2', 'Version: STSv1', ''],
    mode: ['mode: enforce', 'mode: testing', 'mode: none', 'mode: Enforce', 'mode: off', ''],
    age: ['max_age: 86400', 'max_age: 31557600', 'max_age: 31557601', 'max_age: 1e3', 'max_age: -1', ''],
    mx: [
      'mx: mx.example.com',
      'mx: *.example.com\nmx: b.example.net',
      'mx: *.*.example.com',
      'mx: MX.Example.COM',
      'mx: mx_1.example.com',
      '',
    ],
    more: ['', 'x-other: 1', 'mode: none', 'max_age: 1'],
    end: ['\n', '\r\n'],
  };

  it('are believed or not alike, and cover the same hosts', () => {
    const differences: unknown[] = [];
    const random = seededRandom(8461);
    const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
    let believed = 0;
    for (let round = 0; round < 5_000; round += 1) {
      const text = [lines.version, lines.mode, lines.age, lines.mx, lines.more]
        .map(pick)
        .filter((line) => line !== '')
        .join('\n')
        .replaceAll('\n', pick(lines.end));
      const { policy } = parseMtaStsPolicy(text);
      const theirs = (() => {
        try {
          return parsePolicy(text, { strict: true });
        } catch {
          return undefined;
        }
      })();
      const we = policy && { mode: policy.mode, maxAge: policy.maxAge, mx: policy.mx };
      const they = theirs && {
        mode: theirs.mode,
        maxAge: theirs.maxAge,
        mx: (theirs.mx ?? []).map((mx) => mx.toLowerCase()),
      };
      if (JSON.stringify(we) !== JSON.stringify(they)) differences.push({ text, we, they });
      if (!policy || !theirs || policy.mode === 'none') continue;
      believed += 1;
      for (const host of [
        'mx.example.com',
        'a.b.example.com',
        'example.com',
        'b.example.net',
        'mx.example.com.evil',
      ]) {
        if (matchesPolicy(host, policy) !== validateMx(host, { ...theirs, mode: 'enforce' }).valid)
          differences.push({ text, host });
      }
    }
    expect(differences.slice(0, 5)).toEqual([]);
    expect(believed).toBeGreaterThan(100);
  });
});
