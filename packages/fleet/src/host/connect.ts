import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect, localHost, type ConnectOptions, type PostfixHost } from '@postern/controller';
import type { FleetHost } from '../inventory/host.ts';

/** How to log in where the inventory says nothing of it. */
export type Login = Partial<Omit<ConnectOptions, 'host'>>;

/** Opens a host of an inventory. What the inventory says of it comes before what `login` says. */
export async function connectTo(host: FleetHost, login: Login = {}): Promise<PostfixHost> {
  const directory = host.directory ?? login.directory;
  if (host.connection === 'local') {
    return localHost({
      name: host.name,
      ...(directory !== undefined && { directory }),
      ...(login.sudoPassword && { sudoPassword: login.sudoPassword }),
    });
  }
  return connect({
    ...login,
    // An IPv6 address needs brackets to be one.
    host: host.address.includes(':') ? `[${host.address}]` : host.address,
    ...(host.user !== undefined && { user: host.user }),
    ...(host.port !== undefined && { port: host.port }),
    ...(host.identities && { identities: host.identities.map(atHome) }),
    ...(host.jumps && { jumps: host.jumps }),
    ...(host.knownHosts && { knownHosts: host.knownHosts.map(atHome) }),
    ...(directory !== undefined && { directory }),
  });
}

function atHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
