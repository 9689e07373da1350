import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureResolver } from '@postern/dns';
import {
  describeWith,
  smtp,
  startLab,
  startPostfix,
  type Daemon,
  type Lab,
  type Postfix,
} from '@postern/testbed';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPolicyServer, spfHandler, type PolicyServer } from '../../src/index.ts';
import { strictSpf, zones } from './scene.ts';

const services = {
  unix: 'unix:private/policy',
  tcp: 'inet:127.0.0.1:10040',
  spawn: 'unix:private/policy-spawn',
} as const;

/** One smtpd a way of reaching the policy server, on a port of its own. */
const ports: Readonly<Record<keyof typeof services, number>> = { unix: 25, tcp: 2526, spawn: 2527 };

const folder = '/var/lib/policy';

const bridgeProgram = `
const net = require('node:net');
net.createServer({ allowHalfOpen: true }, (from) => {
  const to = net.connect({ path: '/var/spool/postfix/private/policy', allowHalfOpen: true });
  from.pipe(to).pipe(from);
  from.on('error', () => to.destroy());
  to.on('error', () => from.destroy());
}).listen(10040, '127.0.0.1', () => console.log('ready'));`;

/** What spawn(8) runs as another user: the server in one file, and a Node of its own, wherever the checkout is. */
function putProgram(lab: Lab): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'stdio-server.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    conditions: ['@postern/source'],
    external: ['redis'],
    write: false,
  });
  lab.write(`${folder}/stdio-server.cjs`, outputFiles[0]!.contents, { mode: 0o644 });
  lab.write(`${folder}/node`, readFileSync(process.execPath), { mode: 0o755 });
}

describeWith(['root', 'namespaces', 'postfix'], 'the policy server behind a real smtpd', () => {
  let lab: Lab;
  let postfix: Postfix;
  let server: PolicyServer;
  let bridge: Daemon;
  let queries = 0;

  const fixture = fixtureResolver(zones);
  const makeServer = (): PolicyServer =>
    createPolicyServer({
      handlers: [
        spfHandler({
          resolver: {
            resolve(name, type, options) {
              queries++;
              return fixture.resolve(name, type, options);
            },
          },
          ...strictSpf,
        }),
      ],
    });
  const listen = async (): Promise<void> => {
    server = makeServer();
    await server.listen({ type: 'unix', path: lab.path('/var/spool/postfix/private/policy') });
  };

  beforeAll(async () => {
    lab = await startLab({ hostname: 'mail.example.com', addresses: ['203.0.113.25'] });
    const listOf = (service: string): string =>
      `smtpd_recipient_restrictions=reject_unauth_destination,check_policy_service,{${service},timeout=5s}`;
    putProgram(lab);
    const extra = (['tcp', 'spawn'] as const)
      .map((kind) => `${ports[kind]} inet n - n - - smtpd\n  -o { ${listOf(services[kind])} }\n`)
      .join('');
    postfix = await startPostfix(lab, {
      main:
        'compatibility_level = 3.6\nmydestination = example.com\nalias_maps =\nsmtpd_relay_restrictions = reject_unauth_destination\n' +
        `${listOf(services.unix).replace('=', ' = ')}\npolicy-spawn_time_limit = 3600s\n`,
      master:
        `${readFileSync('/usr/share/postfix/master.cf.dist', 'utf8')}${extra}` +
        `policy-spawn unix - n n - 0 spawn\n  user=nobody argv=${folder}/node ${folder}/stdio-server.cjs\n`,
      users: ['kari', 'ola'],
    });
    await listen();
    // The test process is outside of the lab's network: what smtpd says to the port is passed on to the socket.
    bridge = await lab.startDaemon(process.execPath, ['-e', bridgeProgram], {
      ready: (output) => output.includes('ready'),
    });
  }, 60_000);
  afterAll(async () => {
    await bridge?.stop();
    await server?.close();
    await postfix?.stop();
    await lab?.close();
  });

  async function send(
    sender: string,
    recipients: readonly string[] = ['kari@example.com'],
    port = ports.unix,
  ) {
    await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25', port });
    await session.ehlo('client.example');
    const mail = await session.mail(sender);
    const replies = [];
    for (const recipient of recipients) replies.push(await session.rcpt(recipient));
    const data = replies.some(({ code }) => code === 250)
      ? await session.data(`Subject: ${sender}\n\nhello\n`)
      : undefined;
    return { mail, replies, data };
  }

  const headerOf = async (subject: string): Promise<string | undefined> => {
    const mail = (await postfix.deliveredMail()).find(({ text }) => text.includes(`Subject: ${subject}\n`));
    return /^Received-SPF: (\w+)/m.exec(mail?.text ?? '')?.[1];
  };

  it.each(['pass', 'soft', 'neutral', 'none'])('marks %s in the delivered mail', async (name) => {
    const sender = `a@${name}.example`;
    expect((await send(sender)).data?.code).toBe(250);
    expect(await headerOf(sender)).toBe({ soft: 'softfail' }[name] ?? name);
  });

  it('marks a bounce by its HELO name', async () => {
    expect((await send('')).data?.code).toBe(250);
  });

  it.each([
    ['fail', 550, '5.7.23'],
    ['broken', 550, '5.7.24'],
    ['down', 450, '4.7.24'],
  ])('refuses %s with %i %s', async (name, code, enhanced) => {
    const { replies } = await send(`a@${name}.example`);
    expect(replies[0]).toMatchObject({ code, enhanced });
  });

  it('looks a message up once for its three recipients and marks it once', async () => {
    const before = queries;
    const sender = 'once@pass.example';
    const { replies } = await send(sender, ['kari@example.com', 'ola@example.com', 'root@example.com']);
    expect(replies.map(({ code }) => code)).toEqual([250, 250, 250]);
    expect(queries - before).toBe(2); // one TXT for HELO, one for MAIL FROM
    const mail = (await postfix.deliveredMail()).filter(({ text }) => text.includes(`Subject: ${sender}\n`));
    for (const { text } of mail) expect(text.match(/^Received-SPF:/gm)).toHaveLength(1);
  });

  it.each(['tcp', 'spawn'] as const)('answers the same over %s', async (kind) => {
    const fail = await send('a@fail.example', ['kari@example.com'], ports[kind]);
    expect(fail.replies[0]).toMatchObject({ code: 550, enhanced: '5.7.23' });
    const sender = `${kind}@pass.example`;
    expect((await send(sender, ['kari@example.com'], ports[kind])).data?.code).toBe(250);
    expect(await headerOf(sender)).toBe('pass');
  });

  it('makes Postfix put mail off while it is gone, and take it again when it is back', async () => {
    await server.close();
    expect((await send('back@pass.example')).replies[0]).toMatchObject({ code: 451 });
    await listen();
    expect((await send('back@pass.example')).data?.code).toBe(250);
  });
});
