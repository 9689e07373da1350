import type { Answer, RecordType, Resolver } from '@postern/dns';
import { simulate, type Verdict, type World } from '@postern/simulator';
import type { SmtpServer, Subject } from '../subject/subject.ts';

/** Who writes in the simulations: somebody from outside with whom nothing is wrong. */
const domain = 'stranger.example';
const client = { address: '198.51.100.25', name: `mx.${domain}`, reverseName: `mx.${domain}` };

const records: Partial<Record<RecordType, readonly unknown[]>> = {
  A: [client.address],
  NS: [`ns.${domain}`],
  MX: [{ preference: 10, exchange: client.name }],
};

/** The stranger's names are in order, and no list has anything. */
const resolver: Resolver = {
  resolve<T extends RecordType>(name: string, type: T): Answer<T> {
    const found = name.toLowerCase().endsWith(domain) ? records[type] : undefined;
    // What the table above holds under T is records of T.
    return found
      ? ({ status: 'found', records: found, ttl: 60 } as Answer<T>)
      : { status: 'nxdomain', ttl: 60 };
  },
};

/** Policy services have no objection; what is in tables that cannot be read stays unknown. */
const world: World = { resolver, policy: () => 'DUNNO' };

/** The configuration as the simulator takes it: without services it stands for main.cf alone. */
export function simulated({
  configuration,
  main,
  master,
  services,
}: Subject): Parameters<typeof simulate>[0] {
  const { version, directory, files } = configuration;
  return { main: main.tree, master: services.length > 0 ? master : undefined, version, directory, files };
}

/** What a stranger's message to the recipient gets; undefined where the answer would have to be waited for. */
export function askAsStranger(subject: Subject, server: SmtpServer, recipient: string): Verdict | undefined {
  const verdict = simulate(
    simulated(subject),
    {
      service: doorTo(subject, server),
      client,
      helo: client.name,
      from: `somebody@${domain}`,
      to: [recipient],
    },
    world,
  );
  return verdict instanceof Promise ? undefined : verdict;
}

/** The service that takes the connection: postscreen where it stands before smtpd. */
function doorTo({ services }: Subject, { service }: SmtpServer): string {
  const screen = services.find((each) => each.service.command === 'postscreen');
  return (service?.type === 'pass' ? screen?.service.name : service?.name) ?? 'smtp';
}
