import { readFileSync } from 'node:fs';
import type { Plan, Change } from '@postern/plan';
import { smtp, startLab, startPostfix, startSshd, type Lab, type Postfix, type Sshd } from '@postern/testbed';
import { connect, type ConnectOptions, type PostfixHost } from '@postern/controller';
import { clientFor } from '../ssh/open.ts';

export const because = { why: 'The test wants it.', source: 'this test', versions: 'all' };

export const mainText = `# kept as it is
compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test, localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /var/log/mail.log
smtpd_helo_required = no
`;

export const masterText: string = readFileSync('/usr/share/postfix/master.cf.dist', 'utf8');

/** A machine with sshd and Postfix, and how to log in to it. */
export interface Stage extends AsyncDisposable {
  readonly lab: Lab;
  readonly sshd: Sshd;
  readonly postfix: Postfix;
  readonly client: Awaited<ReturnType<typeof clientFor>>;
  open(options?: Partial<ConnectOptions>): Promise<PostfixHost>;
  /** A connection from an address that is not in mynetworks. */
  readonly vantage: (port: number) => ReturnType<Lab['connect']>;
  /** Whether mail from a stranger to a user of the host is taken, and one to elsewhere refused. */
  mailFlows(): Promise<boolean>;
}

export async function startStage({ main = mainText }: { readonly main?: string } = {}): Promise<Stage> {
  const lab = await startLab({ addresses: ['203.0.113.25'] });
  const sshd = await startSshd(lab);
  const client = await clientFor(sshd);
  const postfix = await startPostfix(lab, { main, users: ['kari'] });
  return {
    lab,
    sshd,
    postfix,
    client,
    open: (options) => connect({ ...client, ...options }),
    vantage: (port) => lab.connect({ from: '198.51.100.7', to: '203.0.113.25', port }),
    async mailFlows() {
      await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25' });
      await session.ehlo('client.example.org');
      await session.mail('ola@example.org');
      const own = await session.rcpt('kari@mail.lab.test');
      const foreign = await session.rcpt('somebody@example.net');
      return own.code === 250 && foreign.code >= 400;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

export function plan(changes: readonly Change[], checks: readonly string[] = []): Plan {
  return {
    target: { name: 'mail.lab.test', postfix: '3.7.11' },
    changes,
    checks: checks.map((id) => ({ id, description: id })),
  };
}

export function set(name: string, value: string): Change {
  return { type: 'set-parameter', name, value, because };
}

/** A change that is valid and that a client sees: the greeting says `version`. */
export function newGreeting(version = 'new'): Plan {
  return plan(
    [set('smtpd_banner', `$myhostname ESMTP ${version}`), set('smtpd_helo_required', 'yes')],
    ['greeting', 'no-relay'],
  );
}
