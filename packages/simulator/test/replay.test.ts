import { fixtureResolver } from '@postern/dns/fixture';
import { expect, it } from 'vitest';
import { replay, type Configuration } from '@postern/simulator';

const log = `Nov 23 14:08:51 mail postfix/smtpd[217]: connect from mx.example.org[198.51.100.7]
Nov 23 14:08:51 mail postfix/smtpd[217]: NOQUEUE: reject: RCPT from mx.example.org[198.51.100.7]: 454 4.7.1 <x@example.net>: Relay access denied; from=<a@example.org> to=<x@example.net> proto=ESMTP helo=<mx.example.org>
2026-11-23T14:08:52.123456+01:00 mail postfix/smtpd[218]: 4D2A1: client=mx.example.org[198.51.100.7]
2026-11-23T14:08:52.123456+01:00 mail postfix/cleanup[219]: 4D2A1: message-id=<1@example.org>
2026-11-23T14:08:52.123456+01:00 mail postfix/qmgr[220]: 4D2A1: from=<a@example.org>, size=1234, nrcpt=1 (queue active)
2026-11-23T14:08:52.123456+01:00 mail postfix/local[221]: 4D2A1: to=<kari@example.com>, relay=local, delay=0.1, dsn=2.0.0, status=sent
2026-11-23T14:08:52.123456+01:00 mail postfix/qmgr[220]: 4D2A1: removed
`;
const configuration = (main: string): Configuration => ({
  main: `compatibility_level = 3.6\nmyhostname = mail.example.com\nmydestination = example.com\nalias_maps =\n${main}`,
  version: '3.7.11',
});
const world = { resolver: fixtureResolver({}), users: ['kari'] };

it('tells whose verdict changes, how often, and where in the log', async () => {
  const result = await replay(
    log,
    configuration(''),
    configuration('smtpd_sender_restrictions = reject_unknown_sender_domain\n'),
    world,
  );
  expect(result).toMatchObject({ envelopes: 2, same: 0, problems: [] });
  expect(result.changes).toHaveLength(2);
  expect(result.changes.find(({ before }) => before.outcome === 'accept')).toMatchObject({
    after: { outcome: 'defer', decidedBy: { restriction: 'reject_unknown_sender_domain', line: 5 } },
    count: 1,
    examples: [{ line: 3, transaction: { from: 'a@example.org', to: ['kari@example.com'], size: 1234 } }],
  });
});

it('finds nothing between two that are the same', async () => {
  expect(await replay(log, configuration(''), configuration('biff = no\n'), world)).toMatchObject({
    same: 2,
    changes: [],
  });
});

it('says that a file is no log', async () => {
  const result = await replay('Dear sir,\nno log is this.\n', configuration(''), configuration(''), world);
  expect(result).toMatchObject({ envelopes: 0, problems: [{ line: 1 }] });
});

it('reads refusals of every stage, of postscreen, and of services of their own, whatever the sender writes', async () => {
  const lines = [
    'Nov  3 04:08:51 mail postfix/smtpd[1]: NOQUEUE: reject: CONNECT from unknown[198.51.100.8]: 554 5.7.1 <unknown[198.51.100.8]>: Client host rejected: Access denied; proto=SMTP',
    'Nov  3 04:08:51 mail postfix/smtpd[1]: NOQUEUE: reject: EHLO from mx.example.org[198.51.100.7]: 501 5.5.2 <x y>: Helo command rejected: Invalid name; proto=ESMTP helo=<x y>',
    'Nov  3 04:08:51 mail postfix/smtpd[1]: NOQUEUE: reject: MAIL from mx.example.org[198.51.100.7]: 552 5.3.4 Message size exceeds fixed limit; proto=ESMTP helo=<mx.example.org>',
    '2026-11-03T04:08:51+01:00 mail postfix/postscreen[2]: NOQUEUE: reject: RCPT from [2001:db8::9]:4711: 550 5.7.1 Service unavailable; client [2001:db8::9] blocked using bl.test; from=<a@example.org>, to=<kari@example.com>, proto=ESMTP, helo=<mx>',
    '2026-11-03T04:08:51+01:00 mail postfix/submission/smtpd[3]: NOQUEUE: reject: RCPT from mx.example.org[198.51.100.7]: 554 5.7.1 <; from=<trick>>: Relay access denied; from=<b@example.org> to=<kari@example.com> proto=ESMTP helo=<mx.example.org> sasl_username=<kari>',
    'Nov  3 04:08:51 mail postfix/smtpd[1]: disconnect from mx.example.org[198.51.100.7] ehlo=1 quit=1 commands=2',
  ];
  const after = configuration('smtpd_client_restrictions = reject\nsmtpd_delay_reject = no\n');
  const result = await replay(lines.join('\r\n'), configuration(''), after, world);
  expect(result).toMatchObject({ envelopes: 5, problems: [] });
  const examples = result.changes.flatMap((change) => change.examples);
  expect(examples.find(({ line }) => line === 4)?.transaction).toMatchObject({
    client: { address: '2001:db8::9' },
    from: 'a@example.org',
    to: ['kari@example.com'],
    helo: 'mx',
  });
  expect(examples.find(({ line }) => line === 5)?.transaction).toMatchObject({
    service: 'submission',
    user: 'kari',
    from: 'b@example.org',
  });
  expect(examples.map(({ line }) => line)).toContain(1);
});

it.each([
  ['one line of 64 million characters', 'x'.repeat(64_000_000)],
  [
    'bytes of a program',
    Array.from({ length: 200_000 }, (_, at) => String.fromCharCode((at * 7919) % 256)).join(''),
  ],
  ['NULs', '\0'.repeat(1_000_000)],
  ['nothing but line ends', '\r\n'.repeat(500_000)],
  ['time stamps without a message', 'Nov 23 14:08:51 mail postfix/smtpd[217]: \n'.repeat(10_000)],
])('says of what is no log that it holds nothing: %s', async (_what, text) => {
  const result = await replay(text, configuration(''), configuration(''), world);
  expect(result).toMatchObject({ envelopes: 0, same: 0, changes: [] });
  expect(result.problems).toContainEqual(expect.objectContaining({ line: 1 }));
});

it('reads on behind lines that are too long or made to be slow, and says where they stand', async () => {
  const refusal =
    'Nov 23 14:08:51 mail postfix/smtpd[217]: NOQUEUE: reject: RCPT from a.example[192.0.2.1]: 554 ';
  const hostile = [
    refusal + '; from=<'.repeat(500_000),
    `Nov 23 14:08:51 mail ${'a/'.repeat(500_000)}`,
    refusal + '; from=<'.repeat(2_000),
    `Nov 23 14:08:51 mail ${'a/'.repeat(8_000)}`,
  ];
  const result = await replay(`${hostile.join('\n')}\n${log}`, configuration(''), configuration(''), world);
  expect(result).toMatchObject({ envelopes: 3, same: 3 });
  expect(result.problems).toEqual([{ line: 1, message: expect.stringContaining('is left out') as string }]);
});

it('keeps what a sender wrote into an address as it is: escape sequences, NULs, other scripts', async () => {
  const written = 'a\u001B[2J\0ø@example.net';
  const text = log.replaceAll('x@example.net', written);
  const result = await replay(
    text,
    configuration(''),
    configuration('smtpd_client_restrictions = reject\n'),
    world,
  );
  expect(result.envelopes).toBe(2);
  expect(JSON.stringify(result.changes)).toContain(JSON.stringify(written).slice(1, -1));
  for (const { before, after } of result.changes)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(before.reply.text + after.reply.text).not.toMatch(/[\u0000-\u001f]/);
});
