import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, tmpdir } from 'node:os';
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
