import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { scratch } from '@postern/testbed';
import { SimulatedHost, type Deed, type Fault } from './simulated-host.ts';

/** Many hosts behind one sshd on loopback: each has a user name of its own. */
export interface SimulatedFleet extends AsyncDisposable {
  readonly hosts: ReadonlyMap<string, SimulatedHost>;
  /** All that happened on all hosts, in order. */
  readonly deeds: readonly Deed[];
  /** An Ansible inventory of them; known_hosts and the key lie beside it. */
  readonly inventory: string;
  readonly folder: string;
  /** Puts a file into the folder. */
  write(name: string, content: string): string;
  /** Calls back after each deed, for a test that wants to strike at a moment of its own. */
  onDeed: ((deed: Deed) => void) | undefined;
}

/** @param faults  the hosts that go wrong, by their numbers from 1 */
export async function startSimulatedFleet(
  count: number,
  faults: ReadonlyMap<number, Fault>,
): Promise<SimulatedFleet> {
  const files = scratch();
  const deeds: Deed[] = [];
  const note = (deed: Deed): void => {
    deeds.push(deed);
    fleet.onDeed?.(deed);
  };
  const hosts = new Map<string, SimulatedHost>();
  for (let number = 1; number <= count; number++) {
    const name = `mx${String(number).padStart(4, '0')}`;
    hosts.set(name, new SimulatedHost(name, faults.get(number), note));
  }
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519');
  const client = ssh2.utils.generateKeyPairSync('ed25519');
  const sshd = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => receive(connection, hosts));
  const server = createServer({ noDelay: true }, (socket) => sshd.injectSocket(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  files.write('key', client.private);
  files.write('known_hosts', `[127.0.0.1]:${port} ${hostKey.public}\n`);
  const fleet: SimulatedFleet = {
    hosts,
    deeds,
    folder: files.folder,
    write: (name, content) => files.write(name, content),
    inventory: files.write(
      'hosts.ini',
      `[mx]\n${[...hosts.keys()].map((name) => `${name} ansible_user=${name}\n`).join('')}` +
        `[mx:vars]\nansible_host=127.0.0.1\nansible_port=${port}\nansible_ssh_private_key_file=key\n` +
        'ansible_ssh_common_args=-o UserKnownHostsFile=known_hosts\n',
    ),
    onDeed: undefined,
    async [Symbol.asyncDispose]() {
      server.close();
      files[Symbol.dispose]();
      await Promise.resolve();
    },
  };
  return fleet;
}

function receive(connection: Connection, hosts: ReadonlyMap<string, SimulatedHost>): void {
  let host: SimulatedHost | undefined;
  connection.on('error', () => {}); // A client that was killed.
  connection.on('authentication', (context) => {
    host = hosts.get(context.username);
    if (context.method === 'publickey' && host && host.fault !== 'locked-out') context.accept();
    else context.reject(['publickey']);
  });
  connection.on('ready', () => {
    connection.on('session', (acceptSession) => {
      acceptSession().on('exec', (acceptExec, _reject, { command }) => run(acceptExec(), command, host!));
    });
    connection.on('tcpip', (accept) => greet(accept(), host!));
  });
}

/**
 * Takes the envelope apart that a command travels in, and lets the host answer. The envelope is on the command line, or
 * on standard input where it is too long for that or a password comes with it.
 */
function run(channel: ServerChannel, command: string, host: SimulatedHost): void {
  const words = shellWords(command.replace(/^exec /, ''));
  const isInline = words[2]!.startsWith('printf ');
  const [mark, size] = isInline ? words.slice(3) : words.slice(-2);
  // A client that was killed: the channel goes at any moment, and what did not come whole is not carried out.
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
  const chunks: Buffer[] = isInline ? [gunzipSync(Buffer.from(words[5]!, 'base64'))] : [];
  channel.on('data', (chunk: Buffer) => chunks.push(chunk));
  channel.on('end', () => {
    const input = Buffer.concat(chunks);
    const start = input.indexOf(`${mark}\n`) + mark!.length + 1;
    if (input.length < start + Number(size)) return;
    const text = input.toString('utf8', start, start + Number(size));
    const [, operation = '', request] = shellWords(text.slice(text.indexOf('set -- ') + 'set -- '.length));
    const data = request === undefined ? input.subarray(start + Number(size)) : Buffer.from(request);
    const { output, status } = host.answer(operation, data);
    if (!channel.writable) return;
    channel.stderr.write(`\n${mark}\n`);
    channel.write(`\n${mark}\n${output}`);
    channel.exit(status);
    channel.end();
  });
}

/** Words in single quotes and bare ones, up to the end of the line they stand on. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  const word = /((?:'[^']*'|\\'|[^\s'\\])+)([ \n]?)/gy;
  for (let found = word.exec(text); found; found = word.exec(text)) {
    words.push(found[1]!.replaceAll(/'([^']*)'|\\'/g, (_, inner: string | undefined) => inner ?? "'"));
    if (found[2] !== ' ') break;
  }
  return words;
}

/** As much SMTP as the checks after a change speak. */
function greet(stream: Duplex, host: SimulatedHost): void {
  stream.on('error', () => {});
  stream.write(`${host.greeting}\r\n`);
  stream.on('data', (chunk: Buffer) => {
    if (String(chunk).startsWith('EHLO')) stream.write('250 simulated\r\n');
    else stream.end('221 bye\r\n');
  });
  stream.on('end', () => stream.end());
}
