import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, startLab, type Lab } from '@postern/testbed';
import { afterAll, describe, expect, it } from 'vitest';
import { commitScript, parseCommit, parseThroughput, progressOf, throughputScript } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'commit-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the commit probe', () => {
  it('gives the median and the worst hundredth, and leaves nothing behind', () => {
    const output = execFileSync('sh', ['-s', folder, '2', String(2 ** 20)], {
      input: commitScript,
      encoding: 'latin1',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const commit = parseCommit(output);
    expect(commit?.p50).toBeGreaterThan(0);
    expect(commit?.p99 ?? Infinity).toBeGreaterThanOrEqual(commit!.p50);
    expect(commit?.fsstoneSeconds !== undefined).toBe(existsSync('/usr/lib/postfix/sbin/fsstone'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('clears up when it is stopped in the middle', async () => {
    const child = spawn('sh', ['-s', '--', folder, '30', String(2 ** 28)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    child.stdin.end(commitScript);
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    process.kill(-child.pid!, 'SIGTERM');
    await once(child, 'close');
    expect(readdirSync(folder)).toEqual([]);
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
