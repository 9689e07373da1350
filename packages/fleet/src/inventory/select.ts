import { FleetError } from '../error.ts';
import type { FleetHost } from './host.ts';
import type { Inventory } from './inventory.ts';

/**
 * The hosts that a pattern names, in the order of the inventory.
 *
 *     mx,relay1.example.net,!mail07*     the group mx and one host, without those that begin with mail07
 *
 * @throws FleetError `no-hosts` for a part that names nobody: a slip of the pen must not shorten a rollout silently
 */
export function selectHosts(inventory: Inventory, pattern: string): FleetHost[] {
  const parts = pattern
    .split(/[,:]/)
    .map((part) => part.trim())
    .filter(Boolean);
  const taken = new Set<string>();
  const left = new Set<string>();
  for (const part of parts) {
    const isOut = part.startsWith('!');
    const names = named(inventory, isOut ? part.slice(1) : part);
    for (const name of names) (isOut ? left : taken).add(name);
  }
  const isOnlyOut = parts.length > 0 && parts.every((part) => part.startsWith('!'));
  return inventory.hosts.filter(({ name }) => (isOnlyOut || taken.has(name)) && !left.has(name));
}

function named(inventory: Inventory, part: string): readonly string[] {
  if (part === 'all' || part === '*') return inventory.hosts.map(({ name }) => name);
  const shape = new RegExp(
    `^${part.replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`).replaceAll('*', '.*')}$`,
  );
  const names = [
    ...Object.entries(inventory.groups).flatMap(([group, hosts]) => (shape.test(group) ? hosts : [])),
    ...inventory.hosts.flatMap(({ name }) => (shape.test(name) ? name : [])),
  ];
  if (names.length > 0) return names;
  throw new FleetError(
    'no-hosts',
    `${inventory.file}: "${part}" names no host and no group with hosts. Groups: ${Object.keys(inventory.groups).join(', ') || 'none'}.`,
  );
}
