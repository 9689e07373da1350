import { connect } from '@postern/controller';
import type { Subject } from './subject.ts';

export interface Login {
  readonly identities?: readonly string[] | undefined;
  /** Trusts a host whose key is not known yet. */
  readonly acceptNew: boolean;
}

/** Reads a host over SSH, by the keys, the agent and the known_hosts of whoever calls; nothing is written to it. */
export async function readHost(name: string, { identities, acceptNew }: Login): Promise<Subject> {
  await using host = await connect({ host: name, acceptNew, ...(identities && { identities }) });
  const { version, ...folder } = await host.readConfig();
  const { system, master, pending } = await host.probe();
  const resolvers = String(await host.readFile('/etc/resolv.conf')).match(/^nameserver\s+\S+/gm) ?? [];
  return {
    name,
    folder,
    version,
    facts: [
      `${system}; Postfix ${master === undefined ? 'does not run' : `runs (process ${master})`}`,
      ...(pending ? [`change ${pending.id} waits to be confirmed, and is undone in ${pending.left} s`] : []),
      `names are resolved by ${resolvers.map((line) => line.replace(/^nameserver\s+/, '')).join(', ') || 'nobody'}`,
    ],
    ownResolver: resolvers.length > 0 && resolvers.every((line) => /\s(?:127\.|::1$)/.test(line)),
    next: `npx postern apply ${name} --profile internet-mx --confirm-within 5m`,
  };
}
