import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { scratch, type Scratch } from '@postern/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const main = `compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
alias_maps =
local_recipient_maps =
smtpd_recipient_restrictions =
    reject_unauth_destination,
    reject_rbl_client bl.example.net
`;
const zone = { '7.100.51.198.bl.example.net': { A: ['127.0.0.2'], TXT: [['seen sending spam']] } };
const log =
  'Nov 23 14:08:51 mail postfix/smtpd[217]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 454 4.7.1 <x@example.net>: Relay access denied; from=<a@example.org> to=<x@example.net> proto=ESMTP helo=<a>\n';

describe('postern simulate, relay-proof and replay', () => {
  let files: Scratch;
  let folder: string;
  let dns: string;
  beforeAll(() => {
    files = scratch();
    folder = join(files.write('etc/main.cf', main), '..');
    files.write(
      'open/main.cf',
      `${main}mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject\n`,
    );
    dns = files.write('dns.json', JSON.stringify(zone));
    writeFileSync(join(folder, 'mail.log'), log);
  });
  afterAll(() => files[Symbol.dispose]());

  const simulate = (...more: string[]): ReturnType<typeof run> =>
    run([
      'simulate',
      folder,
      '--postfix',
      '3.7.11',
      '--dns',
      dns,
      '--helo',
      'a.example.org',
      '--from',
      '',
      '--to',
      'kari@example.com',
      ...more,
    ]);

  it('draws the way to the refusal, and says by which line', async () => {
    const { code, out } = await simulate('--client', '198.51.100.7');
    expect(code).toBe(1);
    expect(out).toContain('reject_rbl_client bl.example.net  main.cf:8');
    expect(out).toContain(
      '→ 554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using bl.example.net; seen sending spam',
    );
    expect(out).toContain('Outcome: reject, by reject_rbl_client in smtpd_recipient_restrictions main.cf:8');
  });

  it('prints the verdict as JSON', async () => {
    const { code, out } = await simulate('--client', '198.51.100.8', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ reply: { code: 250 }, outcome: 'accept', unknown: [] });
  });

  it('refuses a client that is no address', async () => {
    expect(await simulate('--client', 'mx')).toMatchObject({
      code: 2,
      err: 'postern: --client mx is no IP address\n',
    });
  });

  it('proves what is closed and shows what is open', async () => {
    const closed = await run(['relay-proof', folder, '--postfix', '3.7.11']);
    expect(closed).toMatchObject({ code: 0 });
    expect(closed.out).toContain(
      'smtp from the internet: defer_unauth_destination in smtpd_relay_restrictions (default)',
    );
    const open = await run(['relay-proof', join(folder, '../open'), '--postfix', '3.7.11']);
    expect(open.code).toBe(1);
    expect(open.out).toContain('Outcome: accept, by permit_mynetworks in smtpd_recipient_restrictions');
  });

  it('replays a log', async () => {
    const { code, out } = await run([
      'replay',
      folder,
      join(folder, '../open'),
      '--log',
      join(folder, 'mail.log'),
      '--dns',
      dns,
      '--postfix',
      '3.7.11',
    ]);
    expect(code).toBe(1);
    expect(out).toContain('1 envelopes, 0 fare alike');
    expect(out).toContain('mail.log:1: 198.51.100.9 <a@example.org> → x@example.net');
  });

  it('replays a rotated log, and says of a torn one that it is torn', async () => {
    const packed = gzipSync(log);
    writeFileSync(join(folder, 'mail.log.1.gz'), packed);
    writeFileSync(join(folder, 'mail.log.2.gz'), packed.subarray(0, 60));
    const replay = (name: string): ReturnType<typeof run> =>
      run(['replay', folder, folder, '--log', join(folder, name), '--dns', dns, '--postfix', '3.7.11']);
    expect((await replay('mail.log.1.gz')).out).toContain('1 envelopes, 1 fare alike');
    const torn = await replay('mail.log.2.gz');
    expect(torn.code).toBe(3);
    expect(torn.err).toContain('mail.log.2.gz is not whole');
  });
});
