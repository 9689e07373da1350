import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMain } from '@postern/config';
import { applyPlan } from '@postern/plan';
import {
  describeWith,
  makeCertificate,
  smtp,
  startLab,
  startPostfix,
  type Lab,
  type Postfix,
} from '@postern/testbed';
import { readTransportEvidence, requireTls, transportReport } from '../src/index.ts';

const main = `compatibility_level = 3.6
myhostname = mail.example.com
inet_interfaces = 203.0.113.25
inet_protocols = ipv4
mynetworks = 0.0.0.0/0
mydestination =
alias_maps =
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = may
smtp_tls_loglevel = 1
smtpd_tls_loglevel = 1
smtpd_tls_security_level = may
smtpd_tls_chain_files = /etc/postfix/mx.pem
smtp_tls_CAfile = /etc/postfix/ca.pem
enable_long_queue_ids = yes
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
`;

/** Receivers of the same Postfix on other addresses: what comes there is thrown away. */
const receiver = (address: string, name: string, more: string): string =>
  `${address}:25 inet n - n - - smtpd\n  -o syslog_name=postfix/${name} -o myhostname=mx-${name}.example.net -o content_filter=discard: ${more}\n`;

const master = `203.0.113.25:25 inet n - n - - smtpd
203.0.113.25:587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
${receiver('198.51.100.1', 'tls', '')}${receiver('198.51.100.2', 'clear', '-o smtpd_tls_security_level=none')}${receiver('198.51.100.3', 'broken', '-o smtpd_tls_protocols=TLSv1 -o tls_low_cipherlist=NULL -o tls_medium_cipherlist=NULL')}${receiver('198.51.100.4', 'other', '-o smtpd_tls_chain_files=/etc/postfix/stranger.pem')}discard unix - - n - - discard
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
`;

const client = '192.0.2.7';

describeWith(['root', 'namespaces', 'postfix', 'openssl'], 'the log of a real Postfix', () => {
  let lab: Lab;
  let postfix: Postfix;
  beforeAll(async () => {
    const own = makeCertificate('tls.example', 'broken.example');
    const stranger = makeCertificate('other.example');
    lab = await startLab({ hostname: 'mail.example.com', addresses: ['203.0.113.25'] });
    const hosts = ['tls', 'clear', 'broken', 'other'].map(
      (name, at) => `198.51.100.${at + 1} ${name}.example`,
    );
    lab.write('/etc/hosts', `127.0.0.1 localhost\n${hosts.join('\n')}\n`);
    postfix = await startPostfix(lab, {
      main,
      master,
      files: {
        '/etc/postfix/mx.pem': own.key + own.certificate + own.authority,
        '/etc/postfix/stranger.pem': stranger.key + stranger.certificate,
        '/etc/postfix/ca.pem': own.authority,
      },
      greets: false,
    });
  }, 60_000);
  afterAll(async () => {
    await postfix?.stop();
    await lab?.close();
  });

  /** Hands messages over in one session. */
  const submit = async (
    recipients: readonly (readonly string[])[],
    { port = 25, tls = false }: { readonly port?: number; readonly tls?: boolean } = {},
  ): Promise<void> => {
    await using session = await smtp(lab, { from: client, to: '203.0.113.25', port });
    await session.ehlo('client.example.com');
    if (tls) {
      await session.starttls();
      await session.ehlo('client.example.com');
    }
    for (const those of recipients) {
      expect(await session.mail('kari@example.com')).toMatchObject({ code: 250 });
      for (const one of those) expect(await session.rcpt(one)).toMatchObject({ code: 250 });
      expect(await session.data('Subject: hello\n\nhello\n')).toMatchObject({ code: 250 });
    }
    await session.quit();
  };
  const settled = async (count: number, from = 0): Promise<string> => {
    for (;;) {
      const log = postfix.log().slice(from);
      const done = log.match(/postfix\/smtp\[\d+\]: \w+: to=.* status=(?:sent|deferred|bounced)/g) ?? [];
      if (done.length >= count) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return postfix.log().slice(from);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('is counted as it was: with TLS, in clear text, and after TLS had failed', async () => {
    await submit([['a@tls.example', 'b@tls.example'], ['c@tls.example']], { tls: true });
    await submit([['a@clear.example']]);
    await submit([['a@broken.example']], { port: 587, tls: true });
    await submit([['a@other.example']]);
    // Somebody who only looks in.
    await using visitor = await smtp(lab, { from: '192.0.2.8', to: '203.0.113.25' });
    await visitor.quit();
    // Two lines for two recipients, and one more for the try that failed.
    const log = await settled(7);
    const evidence = await readTransportEvidence(log.split('\n'));
    const outgoing = Object.fromEntries(
      evidence.domains.map(({ peer, messages, messagesEncrypted, fellBack }) => [
        peer,
        [messages, messagesEncrypted, fellBack],
      ]),
    );
    expect(outgoing).toEqual({
      'tls.example': [2, 2, 0],
      'other.example': [1, 1, 0],
      'clear.example': [1, 0, 0],
      'broken.example': [1, 0, 1],
    });
    expect(evidence.fellBack.map(({ peer }) => peer)).toEqual(['broken.example']);
    expect(evidence.byTrust).toMatchObject({ Trusted: expect.any(Number) as number, Untrusted: 1 });
    // In: four sessions of the client, two of them encrypted; and what the receivers got from us.
    const ours = evidence.clients.find(({ peer }) => peer === client);
    expect(ours).toMatchObject({ sessions: 4, encrypted: 2, messages: 5, messagesEncrypted: 3 });
    const received = evidence.clients.find(({ peer }) => peer === '203.0.113.25');
    expect(received).toMatchObject({ messages: 5, messagesEncrypted: 3, sessions: evidence.out.sessions });
    expect(evidence.out).toMatchObject({ messages: 5, messagesEncrypted: 3 });
    expect(evidence.clients.some(({ peer }) => peer === '192.0.2.8')).toBe(false);
    const page = transportReport(evidence, { host: 'mail.example.com', date: new Date('2026-11-23') });
    expect(page).toContain('Outgoing: 3 of 5 messages (60.0%)');
    expect(page).toContain('2026-11-23');
  });

  it('is counted by connection where connections are kept, encrypted ones too', async () => {
    const from = postfix.log().length;
    await postfix.reload({
      main: `${main}smtp_connection_cache_destinations = clear.example, tls.example\nsmtp_tls_connection_reuse = yes\nsmtp_destination_concurrency_limit = 1\n`,
    });
    await submit(Array.from({ length: 4 }, (_, at) => [`m${at}@clear.example`]));
    await submit(Array.from({ length: 4 }, (_, at) => [`m${at}@tls.example`]));
    const log = await settled(8, from);
    const evidence = await readTransportEvidence(log.split('\n'));
    const reused = (name: string): number =>
      log.split('\n').filter((line) => line.includes(`@${name}>`) && /conn_use=\d/.test(line)).length;
    const share = (name: string): unknown => evidence.domains.find(({ peer }) => peer === name);
    expect(reused('clear.example') + reused('tls.example')).toBeGreaterThan(0);
    expect(share('clear.example')).toMatchObject({
      messages: 4,
      messagesEncrypted: 0,
      sessions: 4 - reused('clear.example'),
    });
    expect(share('tls.example')).toMatchObject({
      messages: 4,
      messagesEncrypted: 4,
      sessions: 4 - reused('tls.example'),
      encrypted: 4 - reused('tls.example'),
    });
  });

  it('shows that mail to domains for which TLS is required waits rather than go in clear text', async () => {
    const plan = requireTls(
      {
        'clear.example': 'encrypt',
        'broken.example': 'encrypt',
        'tls.example': 'verify',
        'other.example': 'verify',
      },
      { main: parseMain(main), version: '3.7.11', target: 'mail.example.com' },
    );
    const files = applyPlan({ 'main.cf': main, 'master.cf': master }, plan);
    const from = postfix.log().length;
    await postfix.reload({
      main: files['main.cf']!,
      files: { '/etc/postfix/tls_policy': files['tls_policy']! },
    });
    expect(await lab.run('postfix', ['check'])).toMatchObject({ status: 0, stderr: '' });
    expect((await lab.run('postconf', ['-n'])).stderr).toBe('');
    await submit([['x@clear.example'], ['x@broken.example'], ['x@tls.example'], ['x@other.example']]);
    const log = await settled(4, from);
    const status = (name: string): string | undefined =>
      new RegExp(`to=<x@${name}>.* status=(\\w+)`).exec(log)?.[1];
    expect(
      ['clear.example', 'broken.example', 'tls.example', 'other.example'].map((name) => [name, status(name)]),
    ).toEqual([
      ['clear.example', 'deferred'],
      ['broken.example', 'deferred'],
      ['tls.example', 'sent'],
      ['other.example', 'deferred'],
    ]);
    const evidence = await readTransportEvidence(log.split('\n'));
    expect(evidence.domains).toMatchObject([{ peer: 'tls.example', messages: 1, messagesEncrypted: 1 }]);
    expect(evidence.byTrust).toEqual({ Verified: 1 });
  });

  it('shows that dane-only delivers nothing where no signed record is', async () => {
    const plan = requireTls(
      { 'tls.example': 'dane-only' },
      { main: parseMain(main), version: '3.7.11', target: 'mail.example.com' },
    );
    const files = applyPlan({ 'main.cf': main, 'master.cf': master }, plan);
    const from = postfix.log().length;
    await postfix.reload({
      main: files['main.cf']!,
      files: { '/etc/postfix/tls_policy': files['tls_policy']! },
    });
    expect(await lab.run('postfix', ['check'])).toMatchObject({ status: 0, stderr: '' });
    await submit([['y@tls.example']]);
    expect(await settled(1, from)).toMatch(/to=<y@tls\.example>.* status=deferred/);
  });
});

describe('a log', () => {
  const at = '2026-11-23T10:00:00.123456+01:00 mail';
  const read = (...lines: string[]): ReturnType<typeof readTransportEvidence> =>
    readTransportEvidence(lines.map((line) => `${at} ${line}`));

  it('is read with ISO time stamps, ports, names of SNI and services of other names', async () => {
    const evidence = await read(
      'mx-in/smtpd[7]: connect from mx.example.net[2001:db8::25]:4711',
      'mx-in/smtpd[7]: Anonymous TLS connection established from mx.example.net[2001:db8::25]:4711 to mail.example.com: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256',
      'mx-in/smtpd[7]: 4T5kY23bQrz9sRN: client=mx.example.net[2001:db8::25]:4711',
      'mx-in/smtpd[7]: disconnect from mx.example.net[2001:db8::25]:4711 ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7',
    );
    expect(evidence.in).toEqual({ sessions: 1, encrypted: 1, messages: 1, messagesEncrypted: 1 });
    expect(evidence.clients).toMatchObject([{ peer: '2001:db8::25', protocols: ['TLSv1.3'] }]);
    expect(evidence).toMatchObject({
      from: '2026-11-23T10:00:00.123456+01:00',
      byCipher: { TLS_AES_256_GCM_SHA384: 1 },
    });
  });

  it('does not take one session’s encryption for the next one’s', async () => {
    const tls =
      'Trusted TLS connection established to mx.a.example[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)';
    const sent = (id: string): string =>
      `${id}: to=<x@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)`;
    const evidence = await read(
      `postfix/smtp[1]: ${tls}`,
      `postfix/smtp[1]: ${sent('AAAA')}`,
      `postfix/smtp[1]: ${sent('BBBB')}`,
    );
    expect(evidence.out).toEqual({ sessions: 2, encrypted: 1, messages: 2, messagesEncrypted: 1 });
  });

  it('leaves out what does not travel: LMTP sockets, loopback, pipes, and mail that was not taken', async () => {
    const evidence = await read(
      'postfix/lmtp[1]: AAAA: to=<x@a.example>, relay=mail[private/dovecot-lmtp], delay=1, dsn=2.0.0, status=sent (250 ok)',
      'postfix/smtp[2]: BBBB: to=<x@a.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, dsn=2.0.0, status=sent (250 ok)',
      'postfix/pipe[3]: CCCC: to=<x@a.example>, relay=dovecot, delay=1, dsn=2.0.0, status=sent (delivered)',
      'postfix/smtp[4]: DDDD: to=<x@a.example>, relay=mx[192.0.2.1]:25, delay=1, dsn=4.0.0, status=deferred (host said: status=sent is a lie)',
      'postfix/postscreen[5]: CONNECT from [192.0.2.3]:1234 to [192.0.2.1]:25',
      'postfix/tlsproxy[6]: Anonymous TLS connection established from [192.0.2.3]:1234: TLSv1.3 with cipher X (256/256 bits)',
    );
    expect(evidence.out.messages + evidence.in.messages).toBe(0);
    expect(evidence.limits.join()).toContain('(loopback): 1 message.');
  });

  it('may be anything', async () => {
    const evidence = await readTransportEvidence([
      '',
      'x'.repeat(100_000),
      `${at} postfix/smtp[1]: ${', relay='.repeat(1_000)}`,
    ]);
    expect(evidence.out.sessions).toBe(0);
    expect(await readTransportEvidence([])).toMatchObject({
      from: null,
      limits: ['There is no line of Postfix in this log.'],
    });
  });
});
