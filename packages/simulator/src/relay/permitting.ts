import type { Host } from '../host/host.ts';
import { split } from '../host/words.ts';
import { compileWords, type RestrictionNode } from '../restrictions/compile.ts';
import { networkContains, parseNetwork, type Network } from '../tables/network.ts';

/** Networks that are never a whole internet: a client in one of them is somebody's own. */
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '[fc00::]/7',
  '[fe80::]/10',
  '[::1]/128',
].flatMap((text) => networkOf(text) ?? []);

/** A network so wide that nobody can know who is in it. */
export function isWide({ bytes, prefix }: Network): boolean {
  if (prefix >= (bytes.length === 4 ? 8 : 16)) return false;
  return !privateNetworks.some((inside) => networkContains(inside, bytes) && inside.prefix <= prefix);
}

export function networkOf(text: string): Network | undefined {
  const network = parseNetwork(text);
  return typeof network === 'string' ? undefined : network;
}

/** The key of an indexed access table as a network: `192.0.2.7`, `192.0.2`, `2001:db8::5`. */
export function networkOfKey(key: string): Network | undefined {
  const octets = /^\d{1,3}(?:\.\d{1,3}){0,2}$/.test(key) ? key.split('.').map(Number) : undefined;
  if (!octets) return networkOf(key);
  if (octets.some((octet) => octet > 255)) return undefined;
  return { bytes: [...octets, 0, 0, 0].slice(0, 4), prefix: octets.length * 8 };
}

/** What the right-hand side of an access table does to mail that comes to it. */
export type Effect = 'permits' | 'goes on' | readonly RestrictionNode[];

const harmlessWord =
  /^(?:dunno|reject|defer|warn|info|hold|filter|redirect|bcc|prepend|discard|defer_if_permit|defer_if_reject)(?:\s|$)/i;

/** Whether a table's value permits, lets the list go on (or refuses), or is a list of its own. */
export function effectOf(host: Host, value: string): Effect {
  if (harmlessWord.test(value) || /^[45]\d\d\s/.test(value)) return 'goes on';
  if (/^(?:ok|relay|\d+)\s*$/i.test(value) || /^(?:ok|relay)\s/i.test(value) || value.trim() === '')
    return 'permits';
  const words = split(value).map(({ text }) => ({ text, file: null, line: null }));
  return compileWords(host, words);
}
