import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '@postern/plan';
import { fixtureResolver } from '@postern/dns';
import { describeWith, startBrowser, type Browser } from '@postern/testbed';
import { makeService, type Watched } from '../src/service.ts';

const folder = join(import.meta.dirname, '../../quickstart/host');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

let waiting = 2;
const host: Watched = {
  name: 'mx1 <b>of the example</b>',
  readConfig: () =>
    Promise.resolve({
      directory: '/etc/postfix',
      version: '3.7.11',
      files: { 'main.cf': `${read('main.cf')}local_recipient_maps =\n`, 'master.cf': read('master.cf') },
      fingerprints: {},
    }),
  queue: {
    summary: () =>
      Promise.resolve({
        total: waiting,
        size: 1000 * waiting,
        byQueue: { deferred: waiting },
        byAge: { '<5': waiting - 1, '<10': 1 },
        bySender: {},
        byRecipientDomain: { 'elsewhere.example': waiting },
        byReason: {},
        shape: [],
        problems: [],
      }),
  },
};

let app: FastifyInstance;
beforeAll(async () => {
  const resolver = fixtureResolver({
    'partner.example': { MX: [{ preference: 10, exchange: 'mx.partner.example' }] },
  });
  app = makeService({ host, resolver, every: 100 });
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

describe('the service', () => {
  it('answers with the audit and the relay proof', async () => {
    const answer = (await app.inject('/audit')).json<{ findings: Finding[]; relayIsClosed: boolean }>();
    expect(answer.findings.map(({ rule }) => rule)).toContain('dnsbl-without-filter');
    expect(answer.relayIsClosed).toBe(true);
  });

  it('simulates a transaction and says which line decides', async () => {
    const payload = {
      client: { address: '198.51.100.7' },
      from: 'ola@partner.example',
      to: ['a@elsewhere.example'],
    };
    const answer = await app.inject({
      method: 'POST',
      url: '/simulate',
      payload: { ...payload, helo: 'mx.partner.example' },
    });
    expect(answer.json()).toMatchObject({
      outcome: 'reject',
      decidedBy: { restriction: 'reject_unauth_destination', file: 'main.cf', line: 44 },
    });
  });

  it('refuses what is no transaction before it is simulated', async () => {
    for (const payload of [
      {},
      { client: { address: 'localhost' }, from: '', to: ['a@b.example'] },
      { client: { address: '192.0.2.1' }, from: '', to: [] },
      { client: { address: '192.0.2.1' }, from: '', to: Array.from({ length: 51 }, () => 'a@b.example') },
    ])
      expect((await app.inject({ method: 'POST', url: '/simulate', payload })).statusCode).toBe(400);
  });
});

describeWith(['chromium'], 'its page', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await startBrowser()), 60_000);
  afterAll(() => browser?.close());

  it('shows audit, verdicts and the queue as they change', async () => {
    const { port } = app.server.address() as AddressInfo;
    await using open = await browser.open({ url: `http://127.0.0.1:${port}/` }, { screen: 'phone' });
    const { page } = open;
    await expect.poll(() => page.locator('h1').textContent()).toBe('mx1 <b>of the example</b>');
    expect(await page.locator('#relay').textContent()).toBe('No stranger can relay: proved.');
    expect(await page.locator('#findings .error').count()).toBe(3);

    const verdict = page.locator('output');
    await expect.poll(() => verdict.textContent()).toMatch(/^reject: 554 5\.7\.1 .*main\.cf:44$/);
    await page.getByLabel('recipient').fill('kari@yourdomain.no');
    await expect.poll(() => verdict.textContent()).toMatch(/^unknown: /);
    await page.getByLabel('client').fill('nobody');
    await expect.poll(() => verdict.textContent()).toMatch(/client\/address/);

    await expect.poll(() => page.locator('#total').textContent()).toBe('2 messages');
    waiting = 50_000;
    await expect.poll(() => page.locator('#total').textContent()).toBe('50000 messages');
    expect(await page.locator('meter').count()).toBe(2);
    expect(await open.sidewaysScroll()).toBe(0);
    expect(open.outsideRequests).toEqual([]);
    expect(open.errors.filter((error) => !error.includes('400'))).toEqual([]);
  });
});

it('runs as printed, says that a folder has no queue, and ends when told to', async () => {
  const main = join(import.meta.dirname, '../src/main.ts');
  const flags = ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, main, folder]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const address = String(line).trim();
  expect(await (await fetch(`${address}audit`)).json()).toMatchObject({
    postfix: '3.7.11',
    relayIsClosed: true,
  });
  const events = (await fetch(`${address}queue`)).body!.getReader();
  const { value } = await events.read();
  expect(Buffer.from(value ?? []).toString()).toBe('data: {"problem":"a folder has no queue"}\n\n');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
}, 30_000);
