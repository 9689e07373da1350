import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkSpf, type SpfResult } from '@postern/spf';
import { resolverOf } from './zones.ts';

const resolver = resolverOf({
  'example.com': 'v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all',
  'soft.example.com': 'v=spf1 ~all',
  'local.example.com': 'v=spf1 exists:%{l}.example.org ?all',
  'bad.example.com': 'v=spf1 (moo) -all',
});

function check(ip: string, sender: string, helo = 'mail.example.com'): SpfResult {
  return checkSpf({ ip, helo, sender }, { resolver, receiver: 'mx.example.org' }) as SpfResult;
}

it.each([
  [
    check('192.0.2.1', 'joe@example.com'),
    'Received-SPF: pass (mx.example.org: domain of joe@example.com designates 192.0.2.1 as permitted sender) receiver=mx.example.org; client-ip=192.0.2.1; envelope-from="joe@example.com"; helo=mail.example.com; identity=mailfrom; mechanism="ip4:192.0.2.0/24"',
    'spf=pass smtp.mailfrom=example.com',
  ],
  [
    check('2001:0db8::1', 'joe@example.com'),
    'Received-SPF: pass (mx.example.org: domain of joe@example.com designates 2001:db8::1 as permitted sender) receiver=mx.example.org; client-ip="2001:db8::1"; envelope-from="joe@example.com"; helo=mail.example.com; identity=mailfrom; mechanism="ip6:2001:db8::/32"',
    'spf=pass smtp.mailfrom=example.com',
  ],
  [
    check('::ffff:198.51.100.1', '', 'soft.example.com'),
    'Received-SPF: softfail (mx.example.org: domain of transitioning soft.example.com does not designate 198.51.100.1 as permitted sender) receiver=mx.example.org; client-ip=198.51.100.1; helo=soft.example.com; identity=helo; mechanism=~all',
    'spf=softfail smtp.helo=soft.example.com',
  ],
  [
    check('192.0.2.1', 'joe@local.example.com'),
    'Received-SPF: neutral (mx.example.org: 192.0.2.1 is neither permitted nor denied by domain of joe@local.example.com) receiver=mx.example.org; client-ip=192.0.2.1; envelope-from="joe@local.example.com"; helo=mail.example.com; identity=mailfrom; mechanism=?all',
    'spf=neutral smtp.mailfrom=joe@local.example.com',
  ],
  [
    check('192.0.2.1', '"a)\\b"@bad.example.com'),
    'Received-SPF: permerror (mx.example.org: error in processing during lookup of "a\\)\\\\b"@bad.example.com: the record of bad.example.com: "\\(moo\\)" is no mechanism) receiver=mx.example.org; client-ip=192.0.2.1; envelope-from="\\"a)\\\\b\\"@bad.example.com"; helo=mail.example.com; identity=mailfrom; problem=syntax',
    'spf=permerror smtp.mailfrom=bad.example.com',
  ],
])('writes the fields of %#', ({ header, authenticationResults }, received, results) => {
  expect(header).toBe(received);
  expect(authenticationResults).toBe(results);
});

it('keeps a client from writing header fields, and the line short enough to be one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.string({ unit: 'binary', maxLength: 1200 }),
      (sender, helo) => {
        for (const from of [sender, `${sender}@example.com`]) {
          const result = check('192.0.2.1', from, helo);
          for (const field of [result.header, result.authenticationResults]) {
            expect(field).not.toMatch(/\p{Cc}/u);
            expect(field.length).toBeLessThanOrEqual(998);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
