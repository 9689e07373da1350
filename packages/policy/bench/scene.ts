import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { startLab, startPostfix, startUnbound, type Daemon, type Lab } from '@postern/testbed';

/** A lab with one DNS, a Postfix that spawns policyd-spf, and our server with the same settings. */
export interface Scene extends AsyncDisposable {
  readonly lab: Lab;
  /** The sockets, as this process reaches them. */
  readonly sockets: { readonly ours: string; readonly spawned: string };
  /** The process id of our server. */
  readonly pid: number;
}

const folder = '/var/spool/postfix/private';
const policydConf = '/etc/policyd-spf.conf';
const domains = 50;

export async function startScene(): Promise<Scene> {
  const lab = await startLab({ hostname: 'mail.lab.test' });
  const records = Array.from(
    { length: domains },
    (_, index) => `local-data: 'd${index}.example. 3600 IN TXT "v=spf1 ip4:192.0.2.0/24 -all"'`,
  );
  const dns = await startUnbound({ lab, settings: ['local-zone: "example." static', ...records].join('\n') });
  lab.write(
    policydConf,
    'debugLevel = 0\nHELO_reject = Fail\nMail_From_reject = Fail\nskip_addresses = 127.0.0.0/8,::1\n',
  );
  lab.write(
    '/etc/policy.yaml',
    'resolver: { servers: [127.0.0.1] }\n' +
      'handlers: [{ type: spf, receiver: mail.lab.test, helo: { refuse: fail }, mailFrom: { refuse: fail } }]\n',
  );
  const postfix = await startPostfix(lab, {
    main: 'compatibility_level = 3.6\nalias_maps =\ninet_interfaces = loopback-only\npolicyd-spf_time_limit = 3600s\n',
    master:
      readFileSync('/usr/share/postfix/master.cf.dist', 'utf8') +
      `policyd-spf unix - n n - 0 spawn\n  user=nobody argv=/usr/bin/policyd-spf ${policydConf}\n`,
  });
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'serve.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    conditions: ['@postern/source'],
    external: ['redis'],
    write: false,
  });
  lab.write('/var/lib/serve.cjs', outputFiles[0]!.contents);
  const server = await lab.startDaemon(
    process.execPath,
    // As the systemd unit starts it.
    [
      '--max-semi-space-size=4',
      '--heap-growing-percent=25',
      '/var/lib/serve.cjs',
      '/etc/policy.yaml',
      `${folder}/ours`,
    ],
    { ready: () => existsSync(lab.path(`${folder}/ours`)) },
  );
  const sockets = { ours: lab.path(`${folder}/ours`), spawned: lab.path(`${folder}/policyd-spf`) };
  return {
    lab,
    sockets,
    pid: programOf(server),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await postfix.stop();
      await dns.stop();
      await lab.close();
    },
  };
}

/** The arguments of a policyd-spf that answers on its standard input. */
export const resident: readonly [string, readonly string[]] = ['/usr/bin/policyd-spf', [policydConf]];

/** The process that nsenter has forked, by its id on this machine. */
function programOf({ pid }: Daemon): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Resident memory of a process, in megabytes. */
export function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** What every request says besides. */
const common = Object.entries({
  protocol_state: 'RCPT',
  protocol_name: 'ESMTP',
  client_address: '192.0.2.1',
  client_name: 'unknown',
  reverse_client_name: 'unknown',
  recipient: 'kari@lab.test',
  recipient_count: '0',
  queue_id: '',
  size: '0',
  etrn_domain: '',
  stress: '',
  sasl_method: '',
  sasl_username: '',
  sasl_sender: '',
  ccert_subject: '',
  ccert_issuer: '',
  ccert_fingerprint: '',
  ccert_pubkey_fingerprint: '',
  encryption_protocol: '',
  encryption_cipher: '',
  encryption_keysize: '0',
  policy_context: '',
  server_address: '192.0.2.25',
  server_port: '25',
  client_port: '40000',
})
  .map(([name, value]) => `${name}=${value}\n`)
  .join('');

let messages = 0;

/** The request of a new message, as smtpd sends it. Cheap: it is made while the clock runs. */
export function nextRequest(): string {
  const number = messages++;
  return (
    `request=smtpd_access_policy\n${common}helo_name=d${number % domains}.example\n` +
    `sender=info@d${(number * 7) % domains}.example\ninstance=b.${number}\n\n`
  );
}
