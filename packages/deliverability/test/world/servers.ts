import { once } from 'node:events';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import {
  freePort,
  makeCertificate,
  startKnot,
  startLab,
  startPostfix,
  startUnbound,
  type Certificate,
} from '@postern/testbed';
import { createResolver, type Resolver } from '@postern/dns';
import { startPolicyHost } from './policy-host.ts';
import { zones } from './zones.ts';

/** Real servers on loopback: knot behind a validating unbound, Postfix, an HTTPS host, and SMTP servers that misbehave. */
export interface World extends AsyncDisposable {
  readonly resolver: Resolver;
  /** The authorities that the good certificates come from, in PEM. */
  readonly ca: string;
  readonly smtp: number;
  readonly https: number;
  /** Ports of Postfix as the world outside sees them: its MX, and what else listens. */
  readonly submission: number;
  readonly submissions: number;
  readonly carelessSubmission: number;
  /** Where nobody listens. */
  readonly closed: number;
}

const main = `compatibility_level = 3.6
myhostname = mx.signed.example
inet_interfaces = all
inet_protocols = ipv4
mydestination = localhost
alias_maps =
smtpd_tls_chain_files = /etc/postfix/mx.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
`;

/** One smtpd for each kind of host; the ports are those inside the lab. */
const services = {
  good: [25, ''],
  clear: [2501, '-o smtpd_tls_security_level=none'],
  otherName: [2502, '-o smtpd_tls_chain_files=/etc/postfix/other.pem'],
  oldTls: [2503, '-o smtpd_tls_protocols=TLSv1.2 -o smtpd_tls_mandatory_protocols=TLSv1.2'],
  submission: [587, '-o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes'],
  submissions: [465, '-o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes'],
  careless: [
    2587,
    '-o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no -o smtpd_sasl_auth_enable=yes',
  ],
} as const;

export async function startWorld(): Promise<World> {
  const stack = new AsyncDisposableStack();
  try {
    const good = makeCertificate(
      'mx.signed.example',
      'mx-ta.signed.example',
      'mx.plain.example',
      'mx6.plain.example',
    );
    const other = makeCertificate('somebody.example.org');
    const policies = makeCertificate(
      'mta-sts.signed.example',
      ...['good', 'missing', 'typed', 'moved', 'other-mx', 'testing', 'huge', 'slow', 'broken', 'none'].map(
        (name) => `mta-sts.${name}.plain.example`,
      ),
    );
    const all = await zones({ certificate: good });
    const knot = stack.use(await startKnot({ zones: all, signed: ['signed.example'] }));
    const unbound = stack.use(
      await startUnbound({
        stubs: Object.fromEntries(Object.keys(all).map((name) => [name, knot.server])),
        settings: [
          'module-config: "validator iterator"',
          'local-zone: "127.in-addr.arpa." nodefault',
          `local-zone: "1.${'0.'.repeat(31)}ip6.arpa." nodefault`,
          ...knot.trustAnchors.map((anchor) => `trust-anchor: "${anchor}"`),
          `trust-anchor: "${knot.trustAnchors[0]!.replace('signed.example.', 'forged.example.')}"`,
        ].join('\n'),
      }),
    );
    const resolver = stack.use(
      createResolver({ servers: [unbound.server], timeout: 5_000, deadline: 10_000 }),
    );

    const lab = stack.use(await startLab({ hostname: 'mx.signed.example', addresses: ['203.0.113.25'] }));
    stack.use(await startPostfix(lab, postfix(good, other)));
    const smtp = await freePort();
    const listen = async (address: string, port: number, serve: (socket: Socket) => void): Promise<void> => {
      const server = await listening(address, port, serve);
      stack.defer(() => void server.close());
    };
    const through = (port: number) => (socket: Socket) => {
      void lab.connect({ to: '203.0.113.25', port }).then((inner) => {
        socket.pipe(inner).pipe(socket);
        socket.on('error', () => inner.destroy());
        inner.on('error', () => socket.destroy());
        socket.on('close', () => inner.destroy());
      });
    };
    await listen('127.0.1.1', smtp, through(services.good[0]));
    await listen('::1', smtp, through(services.good[0]));
    await listen('127.0.1.2', smtp, through(services.clear[0]));
    await listen('127.0.1.3', smtp, through(services.otherName[0]));
    await listen('127.0.1.4', smtp, through(services.oldTls[0]));
    await listen('127.0.1.5', smtp, onlyTls('TLSv1', good));
    await listen('127.0.1.6', smtp, onlyTls('TLSv1.1', good));
    for (const [index, misbehave] of misbehaviours.entries()) {
      await listen(`127.0.3.${index + 1}`, smtp, misbehave);
    }
    const [submission, submissions, carelessSubmission, closed] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    await listen('127.0.1.1', submission, through(services.submission[0]));
    await listen('127.0.1.1', submissions, through(services.submissions[0]));
    await listen('127.0.1.1', carelessSubmission, through(services.careless[0]));
    const policyHost = stack.use(await startPolicyHost(policies));
    const owned = stack.move();
    return {
      resolver,
      ca: `${good.authority}\n${policies.authority}`,
      smtp,
      https: policyHost.port,
      submission,
      submissions,
      carelessSubmission,
      closed,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function postfix(good: Certificate, other: Certificate): Parameters<typeof startPostfix>[1] {
  const chain = ({ key, certificate, authority }: Certificate): string => `${key}${certificate}${authority}`;
  return {
    main,
    master: [
      ...Object.values(services).map(
        ([port, options]) =>
          `203.0.113.25:${port} inet n - n - - smtpd${options === '' ? '' : `\n  ${options}`}`,
      ),
      'cleanup unix n - n - 0 cleanup',
      'qmgr unix n - n 300 1 qmgr',
      'tlsmgr unix - - n 1000? 1 tlsmgr',
      'rewrite unix - - n - - trivial-rewrite',
      'bounce unix - - n - 0 bounce',
      'defer unix - - n - 0 bounce',
      'anvil unix - - n - 1 anvil',
      'scache unix - - n - 1 scache',
      'postlog unix-dgram n - n - 1 postlogd',
      'local unix - n n - - local',
      'smtp unix - - n - - smtp',
      'error unix - - n - - error',
      'retry unix - - n - - error',
      'proxymap unix - - n - - proxymap',
      'flush unix n - n 1000? 0 flush',
      'pickup unix n - n 60 1 pickup',
      'showq unix n - n - - showq',
      '',
    ].join('\n'),
    files: { '/etc/postfix/mx.pem': chain(good), '/etc/postfix/other.pem': chain(other) },
    passwords: { 'kari@mx.signed.example': 'secret' },
  };
}

async function listening(address: string, port: number, serve: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  const close = server.close.bind(server);
  server.close = (done) => {
    for (const socket of sockets) socket.destroy();
    return close(done);
  };
  return server;
}

const greet = '220 mx.plain.example ESMTP\r\n';
const hello = '250-mx.plain.example\r\n250 STARTTLS\r\n';

/** SMTP servers as they should not be, each on an address of its own: 127.0.3.1 and up. */
const misbehaviours: readonly ((socket: Socket) => void)[] = [
  // 1: accepts and says nothing
  () => {},
  // 2: speaks HTTP
  (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  // 3: a greeting that never ends
  (socket) => flood(socket, '220-welcome\r\n'.repeat(1_000)),
  // 4: an EHLO reply that never ends
  (socket) => {
    socket.write(greet);
    socket.once('data', () => flood(socket, '250-X\r\n'.repeat(1_000)));
  },
  // 5: closes in the handshake
  (socket) => {
    socket.write(greet);
    talk(socket, (line) => {
      if (/^EHLO/i.test(line)) socket.write(hello);
      else if (/^STARTTLS/i.test(line)) {
        socket.write('220 go\r\n');
        socket.once('data', () => socket.destroy());
      }
    });
  },
  // 6: hangs in the handshake
  (socket) => {
    socket.write(greet);
    talk(socket, (line) => {
      if (/^EHLO/i.test(line)) socket.write(hello);
      else if (/^STARTTLS/i.test(line)) socket.write('220 go\r\n');
    });
  },
  // 7: answers the handshake with rubbish
  (socket) => {
    socket.write(greet);
    talk(socket, (line) => {
      if (/^EHLO/i.test(line)) socket.write(hello);
      else if (/^STARTTLS/i.test(line)) socket.write(`220 go\r\n${'rubbish '.repeat(100)}`);
    });
  },
  // 8: offers STARTTLS and refuses it
  (socket) => {
    socket.write(greet);
    talk(socket, (line) => socket.write(/^EHLO/i.test(line) ? hello : '454 4.7.0 TLS not available\r\n'));
  },
  // 9: closes after the greeting
  (socket) => socket.end(greet),
  // 10: turns everybody away
  (socket) => socket.end('554 5.7.1 no service for you \u001B[2J\r\n'),
  // 11: one long line, a byte at a time
  (socket) => {
    const timer = setInterval(() => socket.write('2'), 5);
    socket.on('close', () => clearInterval(timer));
  },
];

/** A server that was last looked after when its protocol was new. */
function onlyTls(
  version: 'TLSv1' | 'TLSv1.1',
  { key, certificate, authority }: Certificate,
): (socket: Socket) => void {
  const secureContext = createSecureContext({
    key,
    cert: certificate + authority,
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  return (socket) => {
    socket.write(greet);
    talk(socket, (line) => {
      if (/^EHLO/i.test(line)) socket.write(hello);
      else if (/^STARTTLS/i.test(line)) {
        socket.removeAllListeners('data');
        socket.write('220 go\r\n');
        const secure = new TLSSocket(socket, { isServer: true, secureContext });
        secure.on('error', () => {});
        talk(secure, (said) =>
          secure.write(/^EHLO/i.test(said) ? '250 mx.plain.example\r\n' : '221 bye\r\n'),
        );
      }
    });
  };
}

function talk(socket: Socket, answer: (line: string) => void): void {
  socket.on('data', (data) => answer(String(data)));
}

function flood(socket: Socket, text: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(text));
    socket.once('drain', more);
  };
  more();
}
