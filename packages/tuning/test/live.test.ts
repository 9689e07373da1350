import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { getServers } from 'node:dns';
import { availableParallelism, cpus, loadavg, release, totalmem, tmpdir, uptime } from 'node:os';
import { dirname, join } from 'node:path';
import { describeWith, findProgram } from '@postern/testbed';
import { afterAll, describe, expect, it } from 'vitest';
import { parseFacts, probeScript, valueOf, type HostFacts } from '../src/index.ts';

function probe(command: string, ...args: string[]): { facts: HostFacts; output: string } {
  const output = execFileSync(command, args, {
    input: probeScript,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return { facts: parseFacts(output), output };
}

const said = (program: string, ...args: string[]): string =>
  spawnSync(program, args, { encoding: 'utf8' }).stdout.trim();

describe('the probe on this machine', () => {
  const { facts, output } = probe('sh');

  it('answers whole, in less than 16 KB', () => {
    expect(facts.probe.problems).toEqual([]);
    expect(output.length).toBeLessThan(16 * 1024);
    expect(Buffer.byteLength(probeScript)).toBeLessThan(16 * 1024);
  });

  it('agrees with Node about processors, memory and kernel', () => {
    expect(valueOf(facts.cpu.count)).toBe(availableParallelism());
    expect(valueOf(facts.cpu.model) ?? cpus()[0]?.model).toBe(cpus()[0]?.model);
    expect(valueOf(facts.system.kernel)).toBe(release());
    expect(valueOf(facts.memory.total)).toBe(totalmem());
    expect(valueOf(facts.cpu.load)?.[2]).toBeCloseTo(loadavg()[2]!, 0);
    expect(Math.abs((valueOf(facts.probe.time) ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('agrees with the kernel about every setting and whether it may be written', () => {
    expect(Object.keys(facts.sysctl).length).toBeGreaterThan(20);
    for (const [key, { value }] of Object.entries(facts.sysctl)) {
      if (key.endsWith('_count')) continue;
      const text = readFileSync(`/proc/sys/${key.replaceAll('.', '/')}`, 'utf8');
      expect(`${key} ${value}`).toBe(`${key} ${text.trim().replaceAll(/\s+/g, ' ')}`);
    }
  });

  it('agrees with Node about uptime, limits, name servers and the space of the queue', () => {
    expect(Math.abs((valueOf(facts.system.uptime) ?? 0) - uptime())).toBeLessThan(60);
    const limit = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    expect(valueOf(facts.limits.openFiles)).toBe(limit === 'unlimited' ? undefined : Number(limit));
    expect(valueOf(facts.resolver.servers)).toEqual(getServers());
    const directory = valueOf(facts.queue.directory);
    if (directory === undefined) return;
    const { bavail, bsize, ffree } = statfsSync(directory);
    expect(Math.abs((valueOf(facts.queue.freeBytes) ?? 0) / (bavail * bsize) - 1)).toBeLessThan(0.1);
    expect(Math.abs((valueOf(facts.queue.freeInodes) ?? 0) - ffree)).toBeLessThan(0.1 * ffree + 1);
    for (const name of ['incoming', 'active', 'deferred'] as const) {
      const files = readdirSync(join(directory, name), { recursive: true, withFileTypes: true });
      expect(valueOf(facts.queue.messages[name])).toBe(files.filter((file) => file.isFile()).length);
    }
  });

  it('agrees with the kernel about stolen and waiting time, swap, pressure and dropped connections', () => {
    const [, ...ticks] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '')
      .trim()
      .split(/ +/)
      .map(Number);
    const all = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0);
    expect(valueOf(facts.cpu.steal)).toBeCloseTo(ticks[7]! / all, 2);
    expect(valueOf(facts.cpu.iowait)).toBeCloseTo(ticks[4]! / all, 2);
    const swap = /^SwapTotal: +(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    expect(valueOf(facts.memory.swapTotal)).toBe(Number(swap) * 1024);
    for (const name of ['cpu', 'io', 'memory'] as const)
      expect(facts.pressure[name].known).toBe(existsSync(`/proc/pressure/${name}`));
    const [names = '', values = ''] = readFileSync('/proc/net/netstat', 'utf8').split('\n');
    const overflows = Number(values.split(' ')[names.split(' ').indexOf('ListenOverflows')]);
    expect(Math.abs((valueOf(facts.network.listenOverflows) ?? -1) - overflows)).toBeLessThan(1000);
  });

  it.skipIf(!findProgram('lsblk'))('agrees with lsblk about disks', () => {
    const told = said('lsblk', '-b', '-d', '-n', '-o', 'NAME,SIZE,ROTA')
      .split('\n')
      .map((line) => line.split(/\s+/));
    const disks = valueOf(facts.disks) ?? [];
    expect(disks.length).toBeGreaterThan(0);
    for (const { name, bytes, rotational } of disks)
      expect(told).toContainEqual([name, String(bytes), rotational ? '1' : '0']);
  });

  it.skipIf(!findProgram('postconf') || !existsSync('/etc/postfix/main.cf'))('agrees with postconf', () => {
    const { settings } = facts.postfix;
    expect(Object.keys(settings).length).toBeGreaterThan(20);
    const told = said('postconf', ...Object.keys(settings)).split('\n');
    expect(told.toSorted()).toEqual(
      Object.entries(settings)
        .map(([name, value]) => `${name} = ${value}`.trim())
        .toSorted(),
    );
  });

  it.skipIf(!findProgram('strace'))('starts few programs, which is what its time goes to', () => {
    const trace = join(mkdtempSync(join(tmpdir(), 'probe-trace-')), 'trace');
    spawnSync('strace', ['-f', '-qq', '-e', 'trace=execve', '-e', 'status=successful', '-o', trace, 'sh'], {
      input: probeScript,
    });
    const started = readFileSync(trace, 'latin1')
      .split('\n')
      .filter((line) => line.includes('execve('));
    rmSync(dirname(trace), { recursive: true });
    expect(started.length).toBeGreaterThan(20);
    expect(started.length).toBeLessThan(55);
  });

  it.skipIf(!findProgram('lscpu'))('agrees with lscpu', () => {
    expect(valueOf(facts.cpu.count)).toBe(Number(/^CPU\(s\): +(\d+)$/m.exec(said('lscpu'))?.[1]));
  });

  it.skipIf(!findProgram('findmnt') || !existsSync('/var/spool/postfix'))(
    'agrees with findmnt about the queue',
    () => {
      const columns = said('findmnt', '-T', '/var/spool/postfix', '-n', '-o', 'TARGET,FSTYPE,OPTIONS').split(
        /\s+/,
      );
      expect([valueOf(facts.queue.mountPoint), valueOf(facts.queue.fileSystem)]).toEqual(columns.slice(0, 2));
      expect(valueOf(facts.queue.options)?.toSorted()).toEqual(columns[2]?.split(',').toSorted());
    },
  );

  it.skipIf(!findProgram('systemd-detect-virt'))(
    'agrees with systemd-detect-virt that this is a machine of its own or not',
    () => {
      const machine = said('systemd-detect-virt', '-v');
      expect(valueOf(facts.virtualisation.machine) === 'bare-metal').toBe(machine === 'none');
      expect(facts.virtualisation.evidence).toContain(`detect-vm: ${machine}`);
    },
  );

  it('says the same in dash, bash and busybox', () => {
    const stable = ({ cpu, memory, sysctl, virtualisation, queue, postfix, limits }: HostFacts): unknown => ({
      count: cpu.count,
      total: memory.total,
      keys: Object.keys(sysctl),
      virtualisation,
      file: valueOf(queue.fileSystem),
      postfix: postfix.settings,
      services: postfix.services,
      limit: limits.openFiles,
    });
    const shells = ([['dash'], ['bash'], ['busybox', 'sh']] as const).filter(([name]) => findProgram(name));
    for (const [name, ...args] of shells) expect(stable(probe(name, ...args).facts)).toEqual(stable(facts));
  });
});

describeWith(['root', 'setpriv'], 'the probe as an ordinary user', () => {
  it('marks what it may not read and reads the rest', () => {
    const { facts } = probe('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh');
    expect(facts.probe.problems).toEqual([]);
    expect(valueOf(facts.probe.root)).toBe(false);
    expect(valueOf(facts.cpu.count)).toBe(availableParallelism());
    expect(Object.values(facts.sysctl).every(({ writable }) => !writable)).toBe(true);
    expect(facts.queue.messages.active.known).toBe(false);
  });
});

describeWith(['root', 'namespaces', 'setpriv'], 'the probe in a rootless container', () => {
  it('sees that root is not root outside, and which settings are its own', () => {
    const { facts } = probe(
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'unshare',
      '-U',
      '-r',
      '-n',
      '-m',
      '-p',
      '-f',
      '--mount-proc',
      'sh',
    );
    expect(facts.probe.problems).toEqual([]);
    expect(valueOf(facts.virtualisation.rootless)).toBe(true);
    expect(valueOf(facts.virtualisation.container)).not.toBe('none');
    expect(facts.sysctl['net.core.somaxconn']?.writable).toBe(true);
    expect(facts.sysctl['fs.file-max']?.writable).toBe(false);
  });
});

describeWith(
  ['root', 'namespaces', 'busybox', 'ldd'],
  'the probe in a chroot with nothing but busybox',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'probe-chroot-'));
    afterAll(() => rmSync(root, { recursive: true }));

    it('answers whole and marks what is not there', () => {
      const busybox = findProgram('busybox')!;
      const libraries = [...said('ldd', busybox).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
      for (const file of [busybox, ...libraries]) {
        mkdirSync(join(root, dirname(file)), { recursive: true });
        copyFileSync(file, join(root, file));
      }
      mkdirSync(join(root, 'proc'));
      mkdirSync(join(root, 'dev'));
      mkdirSync(join(root, 'bin'), { recursive: true });
      const script = `mount --bind /proc ${root}/proc && mount --bind /dev ${root}/dev && chroot ${root} ${busybox} --install -s /bin && exec chroot ${root} /bin/sh`;
      const { facts } = probe('unshare', '-m', 'sh', '-c', script);
      expect(facts.probe.problems).toEqual([]);
      expect(valueOf(facts.cpu.count)).toBe(availableParallelism());
      expect(valueOf(facts.memory.total)).toBe(totalmem());
      expect(facts.postfix.version).toMatchObject({ known: false, why: 'absent' });
      expect(facts.queue.directory).toMatchObject({ known: false, why: 'unreadable' });
    });
  },
);

const memoryGroup = '/sys/fs/cgroup/memory/postern-probe-test';
const cpuGroup = '/sys/fs/cgroup/cpu/postern-probe-test';
const unified = '/sys/fs/cgroup/postern-probe-test';
const version = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? 2
  : existsSync('/sys/fs/cgroup/memory')
    ? 1
    : 0;

describeWith(
  ['root', ...(version === 0 ? ['a cgroup file system'] : [])],
  'the probe in a limited cgroup',
  () => {
    const folders = version === 2 ? [unified] : [memoryGroup, cpuGroup];
    afterAll(() => folders.forEach((folder) => rmdirSync(folder)));

    it('counts with what the cgroup leaves', () => {
      for (const folder of folders) mkdirSync(folder);
      if (version === 2) {
        writeFileSync(`${unified}/memory.max`, String(256 * 2 ** 20));
        writeFileSync(`${unified}/cpu.max`, '50000 100000');
      } else {
        writeFileSync(`${memoryGroup}/memory.limit_in_bytes`, String(256 * 2 ** 20));
        writeFileSync(`${cpuGroup}/cpu.cfs_quota_us`, '50000');
      }
      const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join('; ');
      const { facts } = probe('sh', '-c', `${enter}; exec sh`);
      expect(facts.probe.problems).toEqual([]);
      expect(valueOf(facts.memory.limit)).toBe(256 * 2 ** 20);
      expect(valueOf(facts.memory.usable)).toBeLessThan(256 * 2 ** 20);
      expect(valueOf(facts.cpu.usable)).toBe(0.5);
    });
  },
);
