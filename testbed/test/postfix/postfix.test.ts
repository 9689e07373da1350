import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import {
  describeWith,
  makeCertificate,
  PostfixDidNotStart,
  smtp,
  startLab,
  startPostfix,
} from '@postern/testbed';

const main = `
compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
inet_interfaces = all
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_tls_chain_files = /etc/ssl/key.pem /etc/ssl/cert.pem
check = \${stress}
`;
const message = 'From: <ola@example.org>\nSubject: Hello\n\n.dot\nFrom here on\n';

describeWith(['root', 'namespaces', 'postfix', 'ip', 'saslpasswd2', 'openssl'], 'Postfix in a lab', () => {
  it('takes mail from outside for its users, by TLS, and says where it went', async () => {
    const { certificate, key, authority } = makeCertificate('mail.example.com');
    await using lab = await startLab({ addresses: ['203.0.113.25'] });
    await using postfix = await startPostfix(lab, {
      main,
      files: { '/etc/ssl/cert.pem': certificate, '/etc/ssl/key.pem': key },
      users: ['kari'],
      passwords: { 'kari@example.com': 'correct horse' },
    });
    await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25' });
    expect(session.greeting).toMatchObject({ code: 220 });
    expect((await session.ehlo('mx.example.org')).lines).not.toContainEqual(expect.stringContaining('AUTH'));
    const { protocol } = await session.starttls({
      ca: authority,
      servername: 'mail.example.com',
      rejectUnauthorized: true,
    });
    expect(protocol).toBe('TLSv1.3');
    expect((await session.ehlo('mx.example.org')).lines).toContain('AUTH PLAIN LOGIN');
    expect(await session.authenticate('kari@example.com', 'wrong')).toMatchObject({
      code: 535,
      enhanced: '5.7.8',
    });
    expect(await session.authenticate('kari@example.com', 'correct horse')).toMatchObject({ code: 235 });
    expect(await session.mail('ola@example.org')).toEqual({ code: 250, enhanced: '2.1.0', lines: ['Ok'] });
    expect(await session.rcpt('nobody-here@example.com')).toMatchObject({ code: 550, enhanced: '5.1.1' });
    expect(await session.rcpt('kari@example.com')).toMatchObject({ code: 250 });
    expect(await session.data(message)).toMatchObject({ code: 250 });
    expect(await session.quit()).toMatchObject({ code: 221 });

    const [mail, ...more] = await postfix.deliveredMail();
    expect(more).toEqual([]);
    expect(mail?.mailbox).toBe('kari');
    expect(mail?.text).toMatch(/^Return-Path: <ola@example\.org>\n[^]*\n\n\.dot\nFrom here on\n\n$/);
    expect(await postfix.settledLog()).toContain('connect from unknown[198.51.100.7]');
    expect((await postfix.postconf('-n')).get('myhostname')).toBe('mail.example.com');
  });

  it('believes a test that it is somebody else, by XCLIENT', async () => {
    await using lab = await startLab();
    await using postfix = await startPostfix(lab, { main: main.replace(/^smtpd_(tls|sasl).*\n/gm, '') });
    await using session = await smtp(lab);
    await session.ehlo('probe');
    expect(await session.xclient({ ADDR: '192.0.2.66', NAME: 'bot.example.net' })).toMatchObject({
      code: 220,
    });
    await session.ehlo('bot.example.net');
    await session.mail('a@example.org');
    expect(await session.rcpt('b@example.org')).toMatchObject({ code: 454, enhanced: '4.7.1' });
    expect(await postfix.settledLog()).toContain('RCPT from bot.example.net[192.0.2.66]: 454 4.7.1');
  });

  it('answers a pipeline in order, and raw bytes as they come', async () => {
    await using lab = await startLab();
    await using _ = await startPostfix(lab, { main: main.replace(/^smtpd_(tls|sasl).*\n/gm, '') });
    await using session = await smtp(lab);
    session.send('EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<x@example.org>\r\nRSET\r\n');
    const codes = [
      await session.reply(),
      await session.reply(),
      await session.reply(),
      await session.reply(),
    ];
    expect(codes.map((reply) => reply.code)).toEqual([250, 250, 250, 250]);
  });

  it('asks a policy server of the test itself, by a socket in the lab, and reads a changed file on reload', async () => {
    await using lab = await startLab();
    const plain = main.replace(/^smtpd_(tls|sasl).*\n/gm, '');
    await using postfix = await startPostfix(lab, { main: plain });
    const asked: string[] = [];
    const policy = createServer((socket) => {
      socket.on('data', (data) => {
        asked.push(String(data));
        socket.write('action=REJECT not today\n\n');
      });
    }).listen(lab.path('/var/spool/postfix/private/policy'));
    await once(policy, 'listening');
    await lab.run('chmod', ['666', '/var/spool/postfix/private/policy']);
    await postfix.reload({
      main: `${plain}smtpd_sender_restrictions = check_policy_service unix:private/policy\n`,
    });

    await using session = await smtp(lab, { from: '192.0.2.66' });
    await session.ehlo('a.example');
    await session.mail('a@example.org');
    expect(await session.rcpt('kari@example.com')).toMatchObject({ code: 554, enhanced: '5.7.1' });
    expect(asked.join('')).toContain('client_address=192.0.2.66\n');
    policy.close();
  });

  it('says why it does not start', async () => {
    await using lab = await startLab();
    const start = (text: string): Promise<unknown> =>
      startPostfix(lab, { main: text }).catch((error: unknown) => error);
    const unparsable = await start('smtpd_helo_restrictions =\npermit_mynetworks,\n');
    expect(unparsable).toBeInstanceOf(PostfixDidNotStart);
    expect((unparsable as PostfixDidNotStart).why).toContain("missing '=' after attribute name");

    const dying = await start(
      `${main}smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions = permit\n`,
    );
    expect(dying).toBeInstanceOf(PostfixDidNotStart);
    expect((dying as PostfixDidNotStart).why).toContain(
      'in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions',
    );
  });

  it("leaves the machine's own configuration alone", async () => {
    const before = readFileSync('/etc/postfix/main.cf', 'utf8');
    await using lab = await startLab();
    await using _ = await startPostfix(lab, { main: main.replace(/^smtpd_(tls|sasl).*\n/gm, '') });
    expect(lab.read('/etc/postfix/main.cf')).toContain('mail.example.com');
    expect(readFileSync('/etc/postfix/main.cf', 'utf8')).toBe(before);
  });
});
