import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  scratch,
  smtp,
  startLab,
  startNameserver,
  startRedis,
  startPostfix,
  startSshd,
  type Daemon,
  type DnsWorld,
  type Lab,
} from '@postern/testbed';

import type { ExampleEnd, ExampleLine } from './run-examples.ts';

/** The machine that the pages speak of: mail.example.no with Postfix, sshd and the DNS around it. */
export interface Stage extends AsyncDisposable {
  readonly lab: Lab;
  /** Sets everything back, and puts the reader into a folder with the files that pages take for granted. */
  reset(): Promise<void>;
  /** Puts a file where the page says that it is. */
  put(path: string, text: string): void;
  /** Runs a command line as a reader would, from the folder of the example where the page is one's README. */
  type(command: string, options?: { readonly folder?: string }): Promise<Typed>;
  /** Runs command lines of `postern`, one after the other, in one process. */
  runExamples(lines: readonly ExampleLine[]): Promise<ExampleEnd[]>;
  /** Mail in the queue: bounces to people who never wrote, and an order. */
  fillQueue(): Promise<void>;
  /** Ends the servers that were started. */
  stopServers(): Promise<void>;
}

export interface Typed {
  /** Of a server that goes on, undefined. */
  readonly status: number | undefined;
  readonly output: string;
}

const root = join(import.meta.dirname, '../..');
const home = '/root/mail';

const main = `compatibility_level = 3.6
myhostname = mail.example.no
mydestination = example.no, mail.example.no, localhost
mynetworks = 127.0.0.0/8 192.0.2.0/28
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
local_recipient_maps =
defer_transports = smtp
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_rbl_client zen.spamhaus.org
`;

const master = `${readFileSync('/usr/share/postfix/master.cf.dist', 'utf8')}
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=may
`;

const mx = (exchange: string): { preference: number; exchange: string }[] => [{ preference: 10, exchange }];
const listed = { A: ['127.0.0.2'], TXT: [['listed, see https://example.org/']] };

/** What the names on the pages lead to. */
const world: DnsWorld = {
  'mail.example.no': { A: ['203.0.113.25'] },
  '25.113.0.203.in-addr.arpa': { PTR: ['mail.example.no'] },
  'example.no': {
    A: ['88.99.100.10'],
    MX: mx('mail.example.no'),
    TXT: [['v=spf1 mx a ip4:88.99.100.10 -all']],
  },
  'example.com': { A: ['192.0.2.1'], MX: mx('mx.example.com'), TXT: [['v=spf1 mx -all']] },
  'mx.example.com': { A: ['192.0.2.1'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
  'example.org': { A: ['198.51.100.7'], MX: mx('mx.example.org') },
  'mx.example.org': { A: ['198.51.100.7'] },
  '7.100.51.198.in-addr.arpa': { PTR: ['mx.example.org'] },
  'yourdomain.no': {
    A: ['88.99.100.10'],
    MX: mx('mail.yourdomain.no'),
    TXT: [['v=spf1 mx a ip4:88.99.100.10 -all']],
  },
  'mail.yourdomain.no': { A: ['88.99.100.10'] },
  '10.100.99.88.in-addr.arpa': { PTR: ['mail.yourdomain.no'] },
  // The test points of the lists (RFC 5782).
  '2.0.0.127.zen.spamhaus.org': listed,
  '2.0.0.127.bl.spamcop.net': listed,
  'dbltest.com.dbl.spamhaus.org': { A: ['127.0.1.2'] },
  'test.dbl.spamhaus.org': { A: ['127.0.1.2'] },
};

/** What is on the log of this host: mail that came, mail that was refused. */
const log = `Nov 23 10:00:00 mail postfix/smtpd[100]: connect from mx.example.org[198.51.100.7]
Nov 23 10:00:01 mail postfix/smtpd[100]: 4gQz3k1Wm5z1Ds: client=mx.example.org[198.51.100.7]
Nov 23 10:00:01 mail postfix/cleanup[101]: 4gQz3k1Wm5z1Ds: message-id=<1@example.org>
Nov 23 10:00:01 mail postfix/qmgr[90]: 4gQz3k1Wm5z1Ds: from=<a@example.org>, size=900, nrcpt=1 (queue active)
Nov 23 10:00:02 mail postfix/local[102]: 4gQz3k1Wm5z1Ds: to=<kari@example.no>, relay=local, delay=1, delays=0.5/0/0/0.5, dsn=2.0.0, status=sent (delivered to mailbox)
Nov 23 10:00:02 mail postfix/qmgr[90]: 4gQz3k1Wm5z1Ds: removed
Nov 23 10:00:03 mail postfix/smtpd[100]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 554 5.7.1 <x@example.com>: Relay access denied; from=<b@example.org> to=<x@example.com> proto=ESMTP helo=<bot>
Nov 23 10:00:04 mail postfix/smtpd[100]: disconnect from mx.example.org[198.51.100.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
`;

/** Files of the reader's own that the pages name. */
const files: Readonly<Record<string, string>> = {
  'addresses.txt': '88.99.100.10\n88.99.100.11\n',
  'domains.txt': 'example.com\nexample.org\n',
  'mail.eml': 'From: info@example.com\r\nSubject: x\r\n\r\nx\r\n',
  'main.cf': main,
  'main.cf.dpkg-dist': 'compatibility_level = 3.6\nmyhostname = mail.example.no\n',
  'main.cf.old': main,
  'main.cf.new': `${main}smtpd_helo_required = yes\n`,
  'etc/main.cf': main,
  'etc/master.cf': master,
  'hosts.ini': '[mx]\nmail.example.no ansible_user=root\n',
  'zones.json': JSON.stringify({ 'example.no': { A: ['88.99.100.10'] } }),
  'new/main.cf': main.replace('reject_rbl_client zen.spamhaus.org', 'reject'),
  'new/master.cf': master,
  request: `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=198.51.100.7
client_name=mx.example.org
helo_name=mx.example.org
sender=a@example.org
recipient=kari@example.no
instance=1.2.3

`,
};

/** What goes on until it is told to end. */
const server =
  /^(?:(?:npx )?postern (?:policy serve(?!.*--check)|web|fleet worker)\b|node src\/main\.ts \S+ \d+$)/;
/** What asks before it does something, on a terminal. */
const asks =
  /^(?:npx )?postern (?:(?:apply|rollback|confirm|queue (?:hold|release|delete|undo|requeue|triage)) .*(?:ssh:\/\/|local)|fleet (?:apply|resume))/;

export async function startStage(): Promise<Stage> {
  const place = scratch();
  const lab = await startLab({ hostname: 'mail.example.no', addresses: ['203.0.113.25'] });
  const servers: Daemon[] = [];
  const program = (name: string, script: string): void =>
    chmodSync(place.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  const flags = '--conditions=@postern/source --disable-warning=ExperimentalWarning';
  program('node', `exec ${process.execPath} ${flags} "$@"`);
  program('postern', `exec node ${join(root, 'packages/cli/src/main.ts')} "$@"`);
  program('npx', 'exec "$@"');
  program('sudo', 'exec "$@"');
  // What npm runs after it has installed and built everything.
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<'start', string>;
  };
  program(
    'npm',
    `[ "$1" = start ] || exit 64\nshift\n[ "$1" != -- ] || shift\nexec ${scripts.start.replace(/\S+\.ts$/, (file) => join(root, file))} "$@"`,
  );
  const path = [
    join(place.folder, 'bin'),
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ];
  const env = {
    PATH: path.join(':'),
    HOME: '/root',
    SHELL: '/bin/sh',
    SSH_AUTH_SOCK: '',
    NODE_COMPILE_CACHE: join(place.folder, 'cache'),
    NO_COLOR: '1',
    LC_ALL: 'C.UTF-8',
  };
  /** What does not end is ended where it runs, with all that it has started, and its status is 124. */
  const shell = async (script: string): Promise<{ status: number; output: string }> => {
    const bounded = ['--kill-after=5', '120', 'sh', '-c', script];
    const { status, stdout, stderr } = await lab.run('timeout', bounded, { env, timeout: 150_000 });
    return { status, output: stdout + stderr };
  };

  await startNameserver({ lab, world });
  await startRedis({ lab });
  const sshd = await startSshd(lab);
  await startPostfix(lab, {
    main,
    master,
    users: ['kari', 'info'],
    files: { '/etc/aliases': 'postmaster: root\n' },
    tables: ['/etc/aliases'],
  });
  lab.write('/root/.ssh/id_ed25519', sshd.key, { mode: 0o600 });
  lab.write('/root/.ssh/known_hosts', sshd.hostKeys.map((key) => `mail.example.no ${key}\n`).join(''));
  const saved = '/root/.saved';
  await shell(
    `mkdir -p ${saved} && cp -a /etc/postfix/main.cf /etc/postfix/master.cf ${saved}/ && postern tune probe | sh >${saved}/probe.txt`,
  );

  const stage: Stage = {
    lab,
    async reset() {
      await stage.stopServers();
      const { status, output } = await shell(`
        cp -a ${saved}/main.cf ${saved}/master.cf /etc/postfix/
        rm -rf /etc/postfix/.postern /var/lib/postern ${home} /etc/postern
        mkdir -p ${home} /etc/postern
        ln -s ${join(root, 'node_modules')} ${home}/node_modules
        cp ${saved}/probe.txt ${home}/
        postsuper -d ALL
        postfix status || postfix start && postfix reload
      `);
      if (status !== 0) throw new Error(`the host of the pages cannot be set back:\n${output}`);
      lab.write('/var/log/mail.log', log);
      lab.write('/var/log/mail.log.1', '');
      for (const [name, text] of Object.entries(files)) lab.write(join(home, name), text);
    },
    put: (file, text) => lab.write(join(home, file.startsWith('/') ? join('../..', file) : file), text),
    async type(command, { folder = home } = {}) {
      const script = `cd ${folder} && ${command}`;
      if (server.test(command)) {
        await stage.stopServers();
        const daemon = await lab.startDaemon(
          'env',
          [
            '-',
            ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
            'sh',
            '-c',
            script.replace(/&& /, '&& exec '),
          ],
          {
            ready: (output) => /listening|http:\/\//i.test(output),
          },
        );
        servers.push(daemon);
        return { status: undefined, output: daemon.output() };
      }
      if (!asks.test(command)) return shell(script);
      // On a terminal, with a reader who says yes.
      lab.write('/root/command', script);
      return shell(`printf 'y\\ny\\n' | script -qec 'sh /root/command' /dev/null`);
    },
    async runExamples(lines) {
      stage.put('lines.json', JSON.stringify(lines));
      const { status, output } = await shell(
        `cd ${home} && node ${join(import.meta.dirname, 'run-examples.ts')} <lines.json`,
      );
      if (status !== 0) throw new Error(`the examples ended with ${status}:\n${output}`);
      return JSON.parse(output) as ExampleEnd[];
    },
    async fillQueue() {
      await using session = await smtp(lab, { from: '192.0.2.1', to: '203.0.113.25' });
      await session.ehlo('mx.example.com');
      for (let number = 0; number < 4; number++) {
        await session.mail('');
        await session.rcpt(`nobody${number}@example.net`);
        await session.data('Subject: x\n\nx\n');
      }
      await lab.run('sendmail', ['-f', 'shop@example.no', 'buyer@example.com'], {
        stdin: 'Subject: x\n\nx\n',
      });
    },
    async stopServers() {
      await Promise.all(servers.splice(0).map((each) => each.stop()));
    },
    async [Symbol.asyncDispose]() {
      await stage.stopServers();
      await lab.close();
      place[Symbol.dispose]();
    },
  };
  return stage;
}
