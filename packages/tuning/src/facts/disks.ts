import { count, known, unknown, type Evidence, type Fact } from './fact.ts';
import type { Disk, QueueName, QueuePlace, RaidArray } from './host-facts.ts';

const queueNames: readonly QueueName[] = ['maildrop', 'incoming', 'active', 'deferred', 'hold', 'corrupt'];

/** Block devices with what the kernel says of them. */
export function readDisks(disk: Evidence): Fact<readonly Disk[]> {
  if (!disk.whole) return unknown('damaged', 'section disk');
  const names = new Set<string>();
  const attributes = new Map<string, string>();
  for (const { key, value } of disk.entries()) {
    const match = /^\/sys\/block\/([^/]{1,64})\/(.+)$/.exec(key);
    if (!match) continue;
    names.add(match[1]!);
    attributes.set(`${match[1]}/${match[2]}`, value.trim());
  }
  const traffic = new Map(
    disk.all('io').map((line) => {
      const [name = '', ...numbers] = line.trim().split(/\s+/);
      return [name, numbers.map((text) => count(text))] as const;
    }),
  );
  const disks = [...names].map((name): Disk => {
    const get = (attribute: string): string | undefined => attributes.get(`${name}/${attribute}`);
    const rotational = get('queue/rotational');
    const cache = get('queue/write_cache');
    const scheduler = get('queue/scheduler');
    const sectors = count(get('size') ?? '');
    const [, , , writes, milliseconds] = [undefined, ...(traffic.get(name) ?? [])];
    return {
      name,
      rotational: rotational === '1' ? true : rotational === '0' ? false : undefined,
      scheduler: /\[([\w-]+)\]/.exec(scheduler ?? '')?.[1] ?? scheduler,
      writeCache: cache === 'write back' || cache === 'write through' ? cache : undefined,
      model: [get('device/vendor'), get('device/model')].filter(Boolean).join(' ') || undefined,
      bytes: sectors === undefined ? undefined : sectors * 512,
      writes,
      writeMilliseconds: milliseconds,
    };
  });
  return known(disks, `/sys/block: ${[...names].join(' ') || 'none'}`);
}

/**
 * Arrays of /proc/mdstat.
 *
 *     md0 : active raid1 sdb1[1] sda1[0]
 *           976630464 blocks super 1.2 [2/1] [U_]
 *           [==>..................]  recovery = 12.6% …
 */
export function readRaid(disk: Evidence): Fact<readonly RaidArray[]> {
  if (!disk.whole) return unknown('damaged', 'section disk');
  const arrays: RaidArray[] = [];
  for (const line of disk.all('/proc/mdstat')) {
    const head = /^(md\w+) : (?:active|inactive)(?: \([\w-]+\))? (\w+) /.exec(line);
    if (head) arrays.push({ name: head[1]!, level: head[2]!, devices: 0, working: 0, rebuilding: false });
    const last = arrays.at(-1);
    if (!last) continue;
    const members = /\[(\d+)\/(\d+)\]/.exec(line);
    if (members)
      arrays[arrays.length - 1] = { ...last, devices: Number(members[1]), working: Number(members[2]) };
    else if (/\b(recovery|resync|reshape|check) *=/.test(line))
      arrays[arrays.length - 1] = { ...last, rebuilding: true };
  }
  return known(
    arrays,
    arrays.length === 0
      ? 'no software RAID in /proc/mdstat'
      : `/proc/mdstat: ${arrays.map(({ name }) => name).join(' ')}`,
  );
}

/** Where the queue is, on what, and how much is in it. */
export function readQueue(queue: Evidence): QueuePlace {
  const column = (key: string, index: number, columns: number): Fact<string> =>
    queue.fact(key, (text) => {
      const fields = text.split(/\s+/);
      return fields.length >= columns ? fields[index] : undefined;
    });
  const mount = (index: number): Fact<string> => column('mount', index, 4);
  const options = mount(3);
  const inodes = column('inodes', 3, 6);
  const space = column('space', 4, 7);
  const number = (fact: Fact<string>, scale: number): Fact<number> => {
    if (!fact.known) return fact;
    const value = count(fact.value);
    return value === undefined
      ? unknown('not-understood', fact.evidence)
      : known(value * scale, fact.evidence);
  };
  const device = queue.fact('device', (text) => (/^[\w.!-]{1,64}$/.test(text) ? text : undefined));
  const type = column('space', 1, 7);
  return {
    directory: queue.fact('directory', (text) => (text.startsWith('/') ? text : undefined)),
    device: device.known ? device : mount(0),
    disks: [...queue.all('slave'), ...(device.known ? [device.value] : [])].map((name) => name.trim()),
    fileSystem: type.known ? type : mount(2),
    mountPoint: mount(1),
    options: options.known ? known(options.value.split(','), options.evidence) : options,
    freeBytes: number(space, 1024),
    freeInodes: number(inodes, 1),
    messages: Object.fromEntries(queueNames.map((name) => [name, queue.fact(name, count)])) as Record<
      QueueName,
      Fact<number>
    >,
  };
}
