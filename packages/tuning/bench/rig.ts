import { applyPlan, type Plan } from '@postern/plan';
import { findProgram, startLab, startPostfix, type Lab } from '@postern/testbed';
import { fileURLToPath } from 'node:url';
import {
  commitScript,
  observeScript,
  parseCommit,
  parseObservation,
  type CommitLatency,
  type Configuration,
  type LogRates,
} from '@postern/tuning';

const policyService = fileURLToPath(new URL('./policy-service.ts', import.meta.url));
const syslog = fileURLToPath(new URL('./syslog.pl', import.meta.url));
const [sinkPort, policyPort] = [2526, 2527];

/** A situation in which a real Postfix is slow for one known reason. */
export interface Rig {
  readonly title: string;
  readonly messages: number;
  readonly sessions: number;
  /** Seconds for which each message waits: on a policy service, on the destination, on each fsync. */
  readonly policySeconds?: number;
  readonly destinationSeconds?: number;
  readonly fsyncSeconds?: number;
  /** `default_process_limit` before anything is recommended; Postfix's own 100 when left out. */
  readonly processLimit?: number;
}

const relay = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
alias_maps =
relayhost = [127.0.0.2]:${sinkPort}
inet_interfaces = 127.0.0.1
smtp_bind_address = 127.0.0.1
smtpd_client_connection_count_limit = 1000
smtpd_peername_lookup = no
smtpd_client_restrictions =
`;

const masterText = `smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
`;

export function rigConfiguration({ policySeconds, processLimit }: Rig): Configuration {
  const policy =
    policySeconds === undefined
      ? ''
      : `smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${policyPort}, permit_mynetworks, reject\n`;
  const limit = processLimit === undefined ? '' : `default_process_limit = ${processLimit}\n`;
  return { main: relay + policy + limit, master: masterText, version: '3.7.11' };
}

export interface Measured {
  /** Messages a second, from the first connection until the last message reached its destination. */
  readonly perSecond: number;
  /** What the log of this run says. */
  readonly log?: LogRates;
  /** What a commit took, where that is rigged; measured once, as installed. */
  readonly commit?: CommitLatency;
}

/** Drives messages through a Postfix with this configuration changed by a plan, in a lab of its own. */
export async function drive(rig: Rig, plan?: Plan): Promise<Measured> {
  const config = rigConfiguration(rig);
  const files = { 'main.cf': config.main, 'master.cf': config.master };
  const after = plan ? applyPlan(files, plan) : files;
  await using lab = await startLab({});
  await lab.startDaemon('perl', [syslog, '/dev/log', '/var/log/mail.log'], {
    ready: (output) => output.includes('ready'),
  });
  const sink = await lab.startDaemon(
    findProgram('smtp-sink')!,
    [
      '-u',
      'nobody',
      ...(rig.destinationSeconds === undefined ? [] : ['-w', String(rig.destinationSeconds)]),
      `127.0.0.2:${sinkPort}`,
      '1024',
    ],
    { ready: () => reachable(lab, '127.0.0.2', sinkPort), wrapped: true },
  );
  if (rig.policySeconds !== undefined) {
    await lab.startDaemon(
      process.execPath,
      [policyService, String(policyPort), String(rig.policySeconds * 1000)],
      {
        ready: (output) => output.includes('ready'),
      },
    );
  }
  await using postfix = await startPostfix(lab, { main: after['main.cf'], master: after['master.cf'] });
  let commit: CommitLatency | undefined;
  if (rig.fsyncSeconds !== undefined) {
    const slow = slowFsync(rig.fsyncSeconds);
    if (!plan) {
      const { stdout } = await lab.run(
        findProgram('strace')!,
        [...slow, 'sh', '-s', '--', '/var/spool', String(18 * rig.fsyncSeconds), String(2 ** 20), 'perl'],
        { stdin: commitScript, timeout: 120_000 },
      );
      commit = parseCommit(stdout);
    }
    const master = lab.read('/var/spool/postfix/pid/master.pid').trim();
    // Every process of this Postfix, those that are to come too.
    await lab.startDaemon(findProgram('strace')!, [...slow, '-p', master], {
      ready: () => new Promise((resolve) => setTimeout(() => resolve(true), 1000)),
    });
  }
  // The client that waited for the greeting is not one of those that count.
  lab.write('/var/log/mail.log', '');
  const start = performance.now();
  const { status, stderr } = await lab.run(
    'smtp-source',
    [
      '-s',
      String(rig.sessions),
      '-m',
      String(rig.messages),
      '-l',
      '2000',
      '-f',
      'a@bench.example',
      '-t',
      'b@bench.example',
      '127.0.0.1:25',
    ],
    { timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`smtp-source: ${stderr}`);
  const delivered = (): number => postfix.log().split('status=sent').length - 1;
  for (const deadline = Date.now() + 120_000; delivered() < rig.messages;) {
    if (Date.now() > deadline) throw new Error(`only ${delivered()} of ${rig.messages} messages arrived`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const perSecond = (rig.messages / (performance.now() - start)) * 1000;
  const { stdout } = await lab.run('sh', ['-s', '/var/log/mail.log'], { stdin: observeScript });
  await sink.stop();
  const { log } = parseObservation(stdout);
  return { perSecond, ...(log && { log }), ...(commit && { commit }) };
}

/** Arguments of strace(1) with which every fsync of a process and its children takes longer. */
function slowFsync(seconds: number): string[] {
  const inject = `inject=fsync:delay_exit=${seconds * 1e6}`;
  return ['-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', inject];
}

async function reachable(lab: Lab, to: string, port: number): Promise<boolean> {
  return lab.connect({ to, port }).then(
    (socket) => (socket.destroy(), true),
    () => false,
  );
}
