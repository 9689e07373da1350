import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, startBrowser, startLab, startPostfix } from '@postern/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const host = ['--postfix', '3.7.11', '--no-observe'];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-'));
  writeFileSync(join(folder, 'main.cf'), 'myhostname = mx.example.com\nqueue_run_delay = 300s\n');
  writeFileSync(join(folder, 'master.cf'), 'smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n');
  writeFileSync(
    join(folder, 'mail.json'),
    '{"destinations":[{"nexthop":"own.example","own":true,"messagesPerSecond":60,"deliverySeconds":1}]}',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('postern tune', () => {
  it('shows the host it runs on, and writes a report', async () => {
    const { code, out } = await run(['tune', 'show', folder, ...host, '--html', join(folder, 'report.html')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^processors +\d/m);
    expect(out).toMatch(/^Kernel tuning +\S/m);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/<svg /);
  });

  it('recommends with the formula, and says what changes nothing', async () => {
    const { code, out } = await run([
      'tune',
      'recommend',
      folder,
      ...host,
      '--workload',
      join(folder, 'mail.json'),
    ]);
    expect(code).toBe(1);
    expect(out).toContain('+smtp_destination_concurrency_limit = 78\n');
    expect(out).toContain('queue_run_delay = 300s has been the default since 2.4');
  });

  it('gives the plan as JSON, with what undo needs', async () => {
    const { out } = await run([
      'tune',
      'recommend',
      folder,
      ...host,
      '--workload',
      join(folder, 'mail.json'),
      '--json',
    ]);
    const plan = JSON.parse(out) as {
      changes: { name?: string; because: { why: string } }[];
      undo: { sysctl: object };
    };
    expect(
      plan.changes.find(({ name }) => name === 'smtp_destination_concurrency_limit')?.because.why,
    ).toContain('1.3 × 60 messages/s');
    expect(plan.undo.sysctl).toBeTypeOf('object');
  });

  it('draws the bounds', async () => {
    const { code, out } = await run([
      'tune',
      'capacity',
      folder,
      ...host,
      '--workload',
      join(folder, 'mail.json'),
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^destination own\.example +█+ +20\/s {2}← binds/m);
  });

  it.each(['show', 'recommend', 'capacity', 'doctor'])(
    'reads a recorded probe, and %s says when it is none',
    async (command) => {
      const { code, out, err } = await run(['tune', command, folder, '--postfix', '3.7.11', '--facts', '-'], {
        input: 'Permission denied\n',
      });
      expect(code).toBe(3);
      expect(out).not.toContain('Nothing wrong');
      expect(err).toContain('does not begin as the probe does');
    },
  );

  it('measures commits, and refuses numbers that are none', async () => {
    const { code, out } = await run([
      'tune',
      'measure',
      folder,
      '--commit',
      '--directory',
      folder,
      '--seconds',
      '1',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^commit [\d.]+ ms, one in a hundred/);
    expect((await run(['tune', 'measure', folder, '--messages', 'many'])).code).toBe(2);
    writeFileSync(join(folder, 'bad.json'), '{"inbound":{"connectionsPerSecond":"fast","sessionSeconds":1}}');
    expect(
      await run(['tune', 'recommend', folder, ...host, '--workload', join(folder, 'bad.json')]),
    ).toMatchObject({ code: 2 });
  });
});

describeWith(
  ['root', 'namespaces', 'postfix', 'chromium'],
  'postern tune on a host with mail in its queue',
  () => {
    it('plots the age of the queue from one look at the host, on a page that fetches nothing', async () => {
      await using lab = await startLab();
      const main =
        'compatibility_level = 3.6\nrelayhost = [127.0.0.1]:1\nmydestination =\ninet_protocols = ipv4\n';
      await using _ = await startPostfix(lab, { main, greets: false });
      for (let message = 0; message < 3; message++)
        await lab.run('sendmail', ['-f', 'a@example.org', 'b@example.net'], { stdin: 'Subject: x\n\nx\n' });
      const waiting = async (): Promise<number> =>
        (await lab.run('postqueue', ['-j'])).stdout.split('\n').filter((line) => line.includes('"deferred"'))
          .length;
      await expect.poll(waiting, { timeout: 20_000, interval: 100 }).toBe(3);
      const { status, stderr } = await lab.run(process.execPath, [
        '--conditions=@postern/source',
        join(import.meta.dirname, '../src/main.ts'),
        'tune',
        'show',
        'local',
        '--html',
        '/root/report.html',
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      await using browser = await startBrowser();
      await using shown = await browser.open({ html: lab.read('/root/report.html') });
      const plot = shown.page.locator('section:has(h2:text-is("Age of the queue")) svg text');
      expect(await plot.allTextContents()).toEqual(['under 5 min', '3']);
      expect(await shown.page.locator('svg').count()).toBeGreaterThanOrEqual(3);
      expect(await shown.page.locator('script').count()).toBe(0);
      expect({ requests: shown.requests, errors: shown.errors }).toEqual({ requests: [], errors: [] });
    });
  },
);
