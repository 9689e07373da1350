import type { PlanFor } from '@postern/fleet';
import { connectTo, type FleetHost } from '@postern/fleet';
import type { PostfixHost } from '@postern/controller';

/** Logs in to a simulated host, with no file of this user's. */
export function connectToSimulated(host: FleetHost): Promise<PostfixHost> {
  return connectTo(host, { configFile: false, agent: false });
}

/** Gives each host a greeting of its own. */
export function greetAs(name: string): PlanFor {
  const because = { why: 'The test wants it.', source: 'this test', versions: 'all' };
  return ({ host, config }) => ({
    target: { name: host.name, postfix: config.version },
    checks: [],
    changes: [
      {
        type: 'set-parameter',
        name: 'smtpd_banner',
        value: `$myhostname ESMTP ${name} ${host.name}`,
        because,
      },
    ],
  });
}
