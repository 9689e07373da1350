import { networkContains, parseNetwork } from '../tables/network.ts';
import type { Host } from '../host/host.ts';

/** Somebody who might relay: where the client stands. */
export interface View {
  readonly name: string;
  readonly address: string;
  /** Whether mynetworks is meant to hold this client: then relaying is what was wanted. */
  readonly trusted: boolean;
}

/** Addresses all over the internet, so that a network that is too wide is met by one of them. */
const strangers = ['198.51.100.77', '8.8.4.4', '100.64.9.9', '185.220.101.7', '45.9.148.3', '223.255.1.1'];
const strangers6 = ['2001:db8:77::1', '2a00:1450:4001::7', '2600:1f18::9'];
/** The gateways of Docker's and Podman's networks: forwarded ports make every stranger come from there. */
const gateways = ['172.17.0.1', '172.18.0.1', '10.88.0.1'];

/** Networks that are never a whole internet: a client in one of them is somebody's own. */
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '[fc00::]/7',
  '[fe80::]/10',
  '[::1]/128',
];

/** The points of view from which a host must not relay, and those from which it is meant to. */
export function viewsOf(host: Host): View[] {
  const isMine = (address: string): boolean =>
    host.mynetworks.match(undefined, address, () => undefined).status === 'match';
  const views: View[] = [
    ...strangers.map((address) => ({ name: 'internet', address, trusted: false })),
    ...strangers6.map((address) => ({ name: 'IPv6 internet', address, trusted: false })),
    ...gateways.map((address) => ({ name: 'container gateway', address, trusted: false })),
  ];
  for (const pattern of host.mynetworks.patterns) {
    const network = parseNetwork(pattern);
    if (typeof network === 'string' || isWide(pattern)) continue;
    const address = pattern.replace(/\/.*$/, '').replace(/^\[(.*)\]$/, '$1');
    if (!isMine(address) || views.some((view) => view.address === address)) continue;
    views.push({ name: `mynetworks ${pattern}`, address, trusted: true });
  }
  return views;
}

/** A network so wide that nobody can know who is in it. */
function isWide(pattern: string): boolean {
  const network = parseNetwork(pattern);
  if (typeof network === 'string') return false;
  if (network.prefix >= (network.bytes.length === 4 ? 8 : 16)) return false;
  return !privateNetworks.some((each) => {
    const inside = parseNetwork(each);
    return (
      typeof inside !== 'string' && networkContains(inside, network.bytes) && inside.prefix <= network.prefix
    );
  });
}
