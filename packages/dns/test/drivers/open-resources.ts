import { createHook } from 'node:async_hooks';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What this process holds open: sockets as the kernel counts them, and timers of our own sources. */
export interface OpenResources {
  readonly sockets: number;
  readonly timers: number;
}

/** Timers that are set, whether or not they keep the process alive, which is all that Node's own list would show. */
const timers = new Set<number>();

createHook({
  init(id, type) {
    if (type === 'Timeout' && new Error('where').stack?.includes('packages/dns/src/')) timers.add(id);
  },
  destroy(id) {
    timers.delete(id);
  },
}).enable();

export function openResources(): OpenResources {
  return { sockets: countSockets(), timers: timers.size };
}

/** What is open now and was not before. */
export function openedSince(before: OpenResources): Partial<OpenResources> {
  const { sockets, timers: set } = openResources();
  return {
    ...(sockets > before.sockets ? { sockets: sockets - before.sockets } : {}),
    ...(set > before.timers ? { timers: set - before.timers } : {}),
  };
}

/**
 * Our sockets of the internet families; the test runner has others of its own, to talk to its workers.
 * Linux only; elsewhere there is nothing to compare and the check of the timers remains.
 */
function countSockets(): number {
  if (process.platform !== 'linux') return 0;
  const open = new Set(readdirSync('/proc/self/fd').map(inodeOf));
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].map((table) =>
    readFileSync(`/proc/self/net/${table}`, 'utf8'),
  );
  const inodes = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)[9]));
  return inodes.filter((inode) => inode !== undefined && open.has(inode)).length;
}

function inodeOf(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    // The one that the folder was read with.
    return undefined;
  }
}
