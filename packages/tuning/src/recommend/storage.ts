import { valueOf } from '../facts/fact.ts';
import { isSwapping } from './pressure.ts';
import { say, type Adviser, type Recommendation } from './recommendation.ts';

/** Where the queue lies. Nothing here is changed by a plan: mounts are the administrator's. */
export const adviseStorage: Adviser = ({ facts, workload }) => {
  const { queue } = facts;
  const found: Recommendation[] = [];
  const type = valueOf(queue.fileSystem);
  const options = valueOf(queue.options) ?? [];
  if (type === 'tmpfs' || type === 'ramfs') {
    found.push(
      say('refused', {
        id: 'queue-on-tmpfs',
        subject: 'queue_directory',
        message: 'The queue is in memory: a reboot loses mail that was accepted. Move it to a disk.',
        facts: [queue.fileSystem, queue.mountPoint],
        source:
          'Postfix accepts a message when it is on stable storage; gain of tmpfs 1.2 to 2.5 times (measured)',
        effect: 'Slower by the time of a commit for each message, and no mail lost.',
      }),
    );
  }
  if (type?.startsWith('nfs')) {
    found.push(
      say('advice', {
        id: 'queue-on-nfs',
        subject: 'queue_directory',
        message: 'The queue is on NFS: every message waits for the network. Keep it on a local disk.',
        facts: [queue.fileSystem],
        source: 'NFS_README',
      }),
    );
  }
  if (queue.options.known) {
    const slow = options.includes('sync') || (!options.includes('noatime') && !options.includes('relatime'));
    found.push(
      slow
        ? say('advice', {
            id: 'mount-options',
            subject: `mount of ${valueOf(queue.mountPoint) ?? 'the queue'}`,
            message: options.includes('sync')
              ? 'Mounted with sync: every write waits, also those that Postfix does not need on disk.'
              : 'Mount it with noatime: reading the queue writes access times.',
            facts: [queue.options],
            source: 'QSHAPE_README; mount(8)',
            effect: 'Fewer writes; how much is to be measured with `postern tune measure`.',
          })
        : say('already-so', {
            id: 'mount-options',
            subject: `mount of ${valueOf(queue.mountPoint) ?? 'the queue'}`,
            message: 'Access times are not written for every read.',
            facts: [queue.options],
            source: 'mount(8)',
          }),
    );
    if (options.some((option) => /^(nobarrier|barrier=0)$/.test(option)))
      found.push(
        say('refused', {
          id: 'no-barriers',
          subject: 'mount options',
          message:
            'Without write barriers a power cut loses mail that was accepted, unless the cache of the disk is backed by a battery.',
          facts: [queue.options],
          source: 'mount(8)',
        }),
      );
  }
  const [bytes, inodes] = [valueOf(queue.freeBytes), valueOf(queue.freeInodes)];
  // File systems without a fixed number of inodes say 0.
  if ((bytes !== undefined && bytes < 2 ** 30) || (inodes !== undefined && inodes > 0 && inodes < 20_000))
    found.push(
      say('advice', {
        id: 'queue-space',
        subject: 'queue_directory',
        message: 'Room for the queue runs out; Postfix refuses mail when it does.',
        facts: [queue.freeBytes, queue.freeInodes],
        source: 'postconf(5) queue_minfree',
      }),
    );
  for (const { name, working, devices, rebuilding } of valueOf(facts.raid) ?? []) {
    if (working < devices || rebuilding)
      found.push(
        say('advice', {
          id: `raid-${name}`,
          subject: name,
          message: rebuilding
            ? `${name} is being rebuilt: the disk is slower than it will be.`
            : `${name} has lost ${devices - working} of ${devices} disks: replace it before anything else.`,
          facts: [facts.raid],
          source: '/proc/mdstat',
        }),
      );
  }
  if (isSwapping(facts))
    found.push(
      say('refused', {
        id: 'swap-storm',
        subject: 'memory',
        message: 'The host is swapping. No limit is raised while it does; every process more makes it worse.',
        facts: [facts.memory.swapped, facts.pressure.memory],
        source: 'STRESS_README',
      }),
    );
  const disk = valueOf(facts.disks)?.find(({ name }) => queue.disks.includes(name));
  const machine = valueOf(facts.virtualisation.machine);
  if (disk?.rotational !== undefined && machine !== 'bare-metal')
    found.push(
      say('keep', {
        id: 'rotational',
        subject: disk.name,
        message: `The kernel says ${disk.rotational ? 'rotational' : 'not rotational'}, which a virtual disk may say in any case; what counts is measured.`,
        facts: [facts.virtualisation.machine],
        source: 'a virtual disk with rotational=1 and 0.16 ms a commit (measured)',
      }),
    );
  if (workload.commit) {
    const { p50, p99, method } = workload.commit;
    found.push(
      say('keep', {
        id: 'commit-latency',
        subject: 'disk',
        message: `A commit takes ${ms(p50)}${p99 === undefined ? '' : `, one in a hundred ${ms(p99)}`}: ${Math.floor(1 / p50)} relayed messages/s one after the other, 4 to 5 times that where commits are grouped; ${Math.floor(1 / (4 * p50))}/s for messages that are accepted and bounced.`,
        formula: `1 / ${p50} s; 1 / (4 × ${p50} s)`,
        facts: [`${method}: p50 ${ms(p50)}`],
        source:
          'commits of one message: relayed 1, deferred 2, each retry 1 more, bounced to a dead sender 4 (measured)',
      }),
    );
  }
  return found;
};

function ms(seconds: number): string {
  return `${Number((seconds * 1000).toPrecision(3))} ms`;
}
