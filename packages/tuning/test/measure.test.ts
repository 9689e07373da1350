import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, missing, startLab, type Lab } from '@postern/testbed';
import { afterAll, describe, expect, it } from 'vitest';
import {
  commitScript,
  parseCommit,
  parseThroughput,
  progressOf,
  throughputScript,
  type CommitLatency,
} from '../src/index.ts';
import { probeOutput } from './frame.ts';

const folder = mkdtempSync(join(tmpdir(), 'commit-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Measures with some tools only, for a few seconds at most. */
function measureCommits(tools: string, path = process.env['PATH']): CommitLatency | undefined {
  // pg_test_fsync writes a file of 16 MB.
  const most = tools.includes('pg_test_fsync') ? 2 ** 25 : 2 ** 21;
  const output = execFileSync('sh', ['-s', '--', folder, '3', String(most), tools], {
    input: commitScript,
    encoding: 'latin1',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, PATH: path },
  });
  return parseCommit(output);
}

/** Whether a process in /proc has a text in its command line; one that has ended has none. */
function isAbout(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'latin1').includes(text);
  } catch {
    return false;
  }
}

const postgresqlTool = globSync('/usr/lib/postgresql/*/bin/pg_test_fsync')[0] ?? 'pg_test_fsync';

describe('the commit probe', () => {
  const methods = [
    { needs: ['fio'], tools: 'fio', method: 'fio', p99: true, grouped: true },
    { needs: ['perl'], tools: 'perl', method: 'plain writes and fsync', p99: true, grouped: true },
    { needs: ['dd'], tools: 'dd', method: 'dd, mean', p99: false, grouped: false },
  ];
  for (const { needs, tools, method, p99, grouped } of methods) {
    it.skipIf(missing(...needs) !== undefined)(`measures with ${tools}, and leaves nothing behind`, () => {
      const commit = measureCommits(tools)!;
      expect(commit.method).toBe(method);
      expect(commit.p50).toBeGreaterThan(1e-6);
      expect(commit.p99 !== undefined).toBe(p99);
      expect(commit.p99 ?? 1).toBeGreaterThanOrEqual(commit.p50);
      expect([commit.groupedPerSecond !== undefined, commit.groupedWriters]).toEqual([
        grouped,
        grouped ? 32 : undefined,
      ]);
      expect(commit.fsstoneSeconds).toBeUndefined();
      expect(readdirSync(folder)).toEqual([]);
    });
  }

  it.skipIf(!existsSync(postgresqlTool))(
    'takes the line of fsync from pg_test_fsync and does not wait for the rest',
    () => {
      const commit = measureCommits('pg_test_fsync')!;
      expect(commit.method).toBe('pg_test_fsync, mean');
      expect(commit.p50).toBeGreaterThan(1e-6);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('reads what pg_test_fsync and fsstone print, figure for figure', () => {
    const bin = mkdtempSync(join(tmpdir(), 'commit-tools-'));
    const stub = (name: string, text: string): void =>
      writeFileSync(join(bin, name), `#!/bin/sh\ncat <<'END'\n${text}END\n`, { mode: 0o755 });
    stub(
      'pg_test_fsync',
      '1 second per test\n\nCompare file sync methods using one 8kB write:\n' +
        '        open_datasync                       768.653 ops/sec    1301 usecs/op\n' +
        '        fdatasync                           881.562 ops/sec    1134 usecs/op\n' +
        '        fsync                               500.000 ops/sec    2000 usecs/op\n' +
        '        fsync_writethrough                              n/a\n\n' +
        'Compare file sync methods using two 8kB writes:\n' +
        '        fsync                               100.000 ops/sec   10000 usecs/op\n',
    );
    stub('fsstone', 'elapsed time: 0.840000\n');
    const commit = measureCommits('pg_test_fsync fsstone', `${bin}:${process.env['PATH']}`);
    rmSync(bin, { recursive: true });
    expect(commit).toEqual({ p50: 0.002, fsstoneSeconds: 0.0084, method: 'pg_test_fsync, mean' });
  });

  it.skipIf(!existsSync('/usr/lib/postfix/sbin/fsstone') || missing('perl') !== undefined)(
    'has the real fsstone beside the plain method',
    () => {
      expect(measureCommits('perl fsstone')?.fsstoneSeconds).toBeGreaterThan(1e-6);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  const stopped = ['fio', 'pg_test_fsync', 'perl', 'dd'].filter(
    (tool) => existsSync(postgresqlTool) || tool !== 'pg_test_fsync',
  );
  for (const tool of stopped) {
    it.skipIf(tool !== 'pg_test_fsync' && missing(tool) !== undefined)(
      `clears up at once when it is stopped in the middle of ${tool}, and its children end`,
      async () => {
        const child = spawn('sh', ['-s', '--', folder, '90', String(2 ** 28), tool], {
          stdio: ['pipe', 'ignore', 'ignore'],
        });
        child.stdin.end(commitScript);
        const closed = once(child, 'close');
        const inside = (): string[] => readdirSync(folder, { recursive: true }).map(String);
        while (inside().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        // The shell alone: nobody tells its children.
        child.kill('SIGTERM');
        await closed;
        expect(readdirSync(folder)).toEqual([]);
        expect(
          globSync('/proc/[0-9]*/cmdline').filter((file) => isAbout(file, `postern-commit.${child.pid}`)),
        ).toEqual([]);
      },
    );
  }

  it('removes what somebody left who was killed, and nothing of those who live', () => {
    const { pid } = spawnSync('true');
    mkdirSync(join(folder, `postern-commit.${pid}`));
    mkdirSync(join(folder, `postern-commit.${process.pid}`));
    measureCommits('none');
    expect(readdirSync(folder)).toEqual([`postern-commit.${process.pid}`]);
    rmSync(join(folder, `postern-commit.${process.pid}`), { recursive: true });
  });

  it('says nothing about a folder that it may not write to', () => {
    expect(parseCommit('nonsense')).toBeUndefined();
    expect(
      parseCommit(
        execFileSync('sh', ['-c', 'sh -s /proc/sys 1 4096 2>/dev/null || true'], {
          input: commitScript,
          encoding: 'latin1',
        }),
      ),
    ).toBeUndefined();
  });

  it('takes no senseless figure', () => {
    for (const line of ['p50:-1', 'p50:0', 'p50:viel', 'p50:1e999', 'p50:', 'p50:0,004'])
      expect(parseCommit(probeOutput(`@@ commit\n${line}\nmethod:fio\n`))).toBeUndefined();
    expect(parseCommit(probeOutput('@@ commit\np50:4.2e-05\np99:x\ngrouped:9\n'))).toEqual({
      p50: 4.2e-5,
      groupedPerSecond: 9,
      method: 'unknown',
    });
  });
});

/** A lab with a Postfix that is configured and not running. */
async function startConfiguredLab(): Promise<Lab> {
  const lab = await startLab({});
  lab.write('/etc/postfix/main.cf', 'compatibility_level = 3.6\n', { age: 3600 });
  lab.write('/etc/postfix/master.cf', readFileSync('/usr/share/postfix/master.cf.dist', 'utf8'), {
    age: 3600,
  });
  return lab;
}

describeWith(
  ['root', 'namespaces', 'postfix', 'smtp-source', 'smtp-sink'],
  'a run through a private instance',
  () => {
    it('delivers every message, tells its progress, and is gone afterwards', async () => {
      await using lab = await startConfiguredLab();
      const { stdout } = await lab.run('sh', ['-s', '40', '5', '60', '1000'], {
        stdin: throughputScript,
        timeout: 90_000,
      });
      const result = parseThroughput(stdout);
      expect(result).toMatchObject({ status: 'measured', messages: 40, stopped: false });
      // What of a message is Postfix's own: between a tenth of a millisecond and a tenth of a second.
      const cpu = result.status === 'measured' ? (result.cpuSecondsPerMessage ?? 0) : 0;
      expect([cpu > 1e-4, cpu < 0.1]).toEqual([true, true]);
      expect(stdout.split('\n').map(progressOf)).toContain(0);
      expect(
        readdirSync(lab.path('/var/spool')).filter((name) => name.startsWith('postern-measure')),
      ).toEqual([]);
      const left = await lab.run('sh', ['-c', 'grep -lsx "smtp-sink\\|master" /proc/[0-9]*/comm | wc -l']);
      expect(left.stdout.trim()).toBe('0');
    });

    it('stops at the time limit and tells the rate of what was delivered', async () => {
      await using lab = await startConfiguredLab();
      const { stdout } = await lab.run('sh', ['-s', '90000', '5', '2', '1000'], {
        stdin: throughputScript,
        timeout: 60_000,
      });
      expect(parseThroughput(stdout)).toMatchObject({ status: 'measured', stopped: true });
      expect(existsSync(lab.path('/var/spool/postfix'))).toBe(true);
    });
  },
);

describe('what a run printed', () => {
  it('is a failure with the reason, without control characters, when there is no result', () => {
    expect(parseThroughput('error:smtp-sink is not\u001b[2J installed\n')).toEqual({
      status: 'failed',
      reason: 'smtp-sink is not [2J installed',
    });
    expect(parseThroughput('progress:3 10\n')).toMatchObject({ status: 'failed' });
    expect(parseThroughput('delivered:50\nmicroseconds:2000000\n')).toMatchObject({ perSecond: 25 });
  });
});
