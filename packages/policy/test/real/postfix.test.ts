import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeWith,
  smtp,
  startLab,
  startPostfix,
  type Daemon,
  type Lab,
  type Postfix,
  type SmtpSession,
} from '@postern/testbed';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Way = 'unix' | 'tcp' | 'spawn';

/** How smtpd reaches the policy server, and the port of the smtpd that does so. */
const ways: Readonly<
  Record<Way, { readonly service: string; readonly port: number; readonly listen: string }>
> = {
  unix: {
    service: 'unix:private/policy',
    port: 25,
    listen: 'unix:/var/spool/postfix/private/policy',
  },
  tcp: { service: 'inet:127.0.0.1:10040', port: 2526, listen: '127.0.0.1:10040' },
  spawn: { service: 'unix:private/policy-spawn', port: 2527, listen: 'stdio' },
};

const folder = '/var/lib/policy';

/** The server in one file, and a Node of its own that spawn(8) may run as another user, wherever the checkout is. */
function putProgram(lab: Lab): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'spf-server.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    conditions: ['@postern/source'],
    external: ['redis'],
    write: false,
  });
  lab.write(`${folder}/server.cjs`, outputFiles[0]!.contents, { mode: 0o644 });
  lab.write(`${folder}/node`, readFileSync(process.execPath), { mode: 0o755 });
  for (const way of Object.keys(ways)) {
    lab.write(`${folder}/${way}`, '', { mode: 0o666 });
    lab.write(`${folder}/${way}.pid`, '', { mode: 0o666 });
  }
}

describeWith(['root', 'namespaces', 'postfix'], 'the policy server behind a real smtpd', () => {
  let lab: Lab;
  let postfix: Postfix;
  const daemons: Partial<Record<Way, Daemon>> = {};

  const start = async (way: Way): Promise<void> => {
    daemons[way] = await lab.startDaemon(
      `${folder}/node`,
      [`${folder}/server.cjs`, ways[way].listen, `${folder}/${way}`],
      { ready: (output) => output.includes('ready') },
    );
  };

  beforeAll(async () => {
    lab = await startLab({ hostname: 'mail.example.com', addresses: ['203.0.113.25'] });
    putProgram(lab);
    const listOf = ({ service }: { readonly service: string }): string =>
      `smtpd_recipient_restrictions=reject_unauth_destination,check_policy_service,{${service},timeout=10s}`;
    const extra = (['tcp', 'spawn'] as const)
      .map((way) => `${ways[way].port} inet n - n - - smtpd\n  -o { ${listOf(ways[way])} }\n`)
      .join('');
    postfix = await startPostfix(lab, {
      main:
        'compatibility_level = 3.6\nmydestination = example.com\nalias_maps =\nsmtpd_relay_restrictions = reject_unauth_destination\n' +
        'smtpd_authorized_xclient_hosts = 198.51.100.7\n' +
        `${listOf(ways.unix).replace('=', ' = ')}\npolicy-spawn_time_limit = 3600s\n`,
      master:
        `${readFileSync('/usr/share/postfix/master.cf.dist', 'utf8')}${extra}` +
        `policy-spawn unix - n n - 0 spawn\n  user=nobody argv=${folder}/node ${folder}/server.cjs stdio ${folder}/spawn\n`,
      users: ['kari', 'ola'],
    });
    await Promise.all([start('unix'), start('tcp')]);
  }, 60_000);
  afterAll(async () => {
    await daemons.unix?.stop();
    await daemons.tcp?.stop();
    await postfix?.stop();
    await lab?.close();
  });

  const open = (way: Way): Promise<SmtpSession> =>
    smtp(lab, { from: '198.51.100.7', to: '203.0.113.25', port: ways[way].port });

  async function send(
    way: Way,
    sender: string,
    { recipients = ['kari@example.com'], helo = 'client.example', subject = `${way} ${sender}` } = {},
  ) {
    await using session = await open(way);
    await session.ehlo(helo);
    await session.mail(sender);
    const replies = [];
    for (const recipient of recipients) replies.push(await session.rcpt(recipient));
    const data = replies.some(({ code }) => code === 250)
      ? await session.data(`Subject: ${subject}\n\nhello\n`)
      : undefined;
    return { replies, data };
  }

  /** The header of each mail that has been delivered with that subject, where it has exactly one. */
  const headersOf = async (subject: string): Promise<string[]> =>
    (await postfix.deliveredMail())
      .filter(({ text }) => text.includes(`Subject: ${subject}\n`))
      .map(({ text }) => (text.match(/^Received-SPF: .*/gm) ?? []).join(' and '));

  const lookups = (way: Way): string[] => lab.read(`${folder}/${way}`).split('\n').slice(0, -1);

  describe.each(['unix', 'tcp', 'spawn'] as const)('over %s', (way) => {
    it.each(['pass', 'softfail', 'neutral', 'none'])('marks %s in the delivered mail', async (result) => {
      const sender = `a@${result}.example`;
      expect((await send(way, sender)).data?.code).toBe(250);
      const [header, ...more] = await headersOf(`${way} ${sender}`);
      expect(header).toMatch(new RegExp(`^Received-SPF: ${result} .*client-ip=198\\.51\\.100\\.7`));
      expect(more).toEqual([]);
    });

    it.each([
      ['fail', 550, '5.7.23'],
      ['permerror', 550, '5.7.24'],
      ['temperror', 450, '4.7.24'],
    ])('refuses %s with %i %s and the text that is configured', async (result, code, enhanced) => {
      const { replies } = await send(way, `a@${result}.example`);
      expect(replies).toMatchObject([{ code, enhanced }]);
      expect(replies[0]?.lines.join(' ')).toContain(
        `<kari@example.com>: Recipient address rejected: We refuse by SPF: ${result}`,
      );
    });

    it('checks a bounce by its HELO name, and marks or refuses it by that', async () => {
      const subject = `${way} bounce`;
      const { data } = await send(way, '', { helo: 'pass.example', subject });
      expect(data?.code).toBe(250);
      expect(await headersOf(subject)).toEqual([
        expect.stringMatching(/^Received-SPF: pass .*helo=pass\.example; identity=helo/),
      ]);
      const { replies } = await send(way, '', { helo: 'fail.example' });
      expect(replies).toMatchObject([{ code: 550, enhanced: '5.7.23' }]);
    });

    it('looks a message up once for its three recipients and marks it once', async () => {
      const before = lookups(way).length;
      const sender = 'once@pass.example';
      const recipients = ['kari@example.com', 'ola@example.com', 'root@example.com'];
      const { replies } = await send(way, sender, { recipients });
      expect(replies.map(({ code }) => code)).toEqual([250, 250, 250]);
      expect(lookups(way).slice(before)).toEqual(['TXT client.example', 'TXT pass.example']);
      const headers = await headersOf(`${way} ${sender}`);
      expect(headers.length).toBeGreaterThanOrEqual(2);
      for (const header of headers) expect(header).toMatch(/^Received-SPF: pass(?!.* and )/);
    });

    it('sees the client that XCLIENT names', async () => {
      await using session = await open(way);
      await session.ehlo('proxy.example');
      await session.xclient({ ADDR: '192.0.2.66', NAME: '[UNAVAILABLE]' });
      await session.ehlo('client.example');
      await session.mail('a@pass.example');
      expect(await session.rcpt('kari@example.com')).toMatchObject({ code: 550, enhanced: '5.7.23' });
    });

    it('loses no mail when the server is killed over a request', async () => {
      const sender = `killed@slow.example`;
      const before = lookups(way).length;
      await using session = await open(way);
      await session.ehlo('client.example');
      await session.mail(sender);
      const asked = session.rcpt('kari@example.com');
      await expect.poll(() => lookups(way).slice(before), { timeout: 10_000 }).toContain('TXT slow.example');
      await lab.run('kill', ['-9', lab.read(`${folder}/${way}.pid`)]);
      const first = await asked;
      // spawn(8) starts another one by itself when smtpd asks once more; the socket of a killed one lies around.
      if (way !== 'spawn') await start(way);
      const again = way === 'spawn' ? first : await session.rcpt('kari@example.com');
      expect([first, again]).toMatchObject([
        way === 'spawn' ? { code: 250 } : { code: 451, enhanced: '4.3.5' },
        { code: 250 },
      ]);
      const subject = `${way} killed`;
      expect(await session.data(`Subject: ${subject}\n\nhello\n`)).toMatchObject({ code: 250 });
      expect(await headersOf(subject)).toEqual([expect.stringMatching(/^Received-SPF: pass /)]);
    });
  });
});
