import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('reads a recorded probe, and says when it is none', async () => {
    const { code, err } = await run(['tune', 'show', folder, ...host, '--facts', '-'], {
      input: 'Permission denied\n',
    });
    expect(code).toBe(3);
    expect(err).toContain('does not begin as the probe does');
  });

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
