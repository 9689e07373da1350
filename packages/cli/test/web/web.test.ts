import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureResolver } from '@postern/dns';
import { describeWith, startBrowser, type Browser, type OpenPage } from '@postern/testbed';
import type { ExitCode } from '../../src/index.ts';
import { serveLocally } from '../../src/web/local-server.ts';
import { targetSite } from '../../src/web/target-site.ts';
import { run } from '../run.ts';

const example = join(import.meta.dirname, '../../../../examples/quickstart/host');
const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** `postern web` on a folder, running until it is stopped. */
async function startWeb(folder: string, ...flags: string[]) {
  const abort = new AbortController();
  let printed!: (url: string) => void;
  const url = new Promise<string>((resolve) => (printed = resolve));
  const ended = run(['web', folder, '--postfix', '3.7.11', ...flags], {
    out: (data) => printed(String(data).trim()),
    signal: abort.signal,
  });
  return {
    url: await Promise.race([url, ended.then(({ err }) => Promise.reject(new Error(err)))]),
    async stop(): Promise<ExitCode> {
      abort.abort();
      return (await ended).code;
    },
  };
}

/** One request as any other program could make it. */
async function ask(
  url: string,
  { method = 'GET', body = '', ...headers }: Record<string, string> = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const sent = request(url, { method, headers });
  sent.end(body);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
  return { status: response.statusCode ?? 0, body: await text(response), headers: response.headers };
}

let folder: string;
let web: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'web-'));
  for (const name of ['main.cf', 'master.cf']) cpSync(join(example, name), join(folder, name));
  const extra = [`smtpd_banner = $myhostname ${hostile}`, 'alias_maps =', 'local_recipient_maps =', ''];
  appendFileSync(join(folder, 'main.cf'), extra.join('\n'));
  const zones = JSON.parse(readFileSync(join(example, 'dns.json'), 'utf8')) as object;
  const partner = { 'partner.example': { MX: [{ preference: 10, exchange: 'mx.partner.example' }] } };
  writeFileSync(join(folder, 'dns.json'), JSON.stringify({ ...zones, ...partner }));
  web = await startWeb(
    folder,
    '--dns',
    join(folder, 'dns.json'),
    '--facts',
    join(example, 'meltdown/probe.txt'),
  );
}, 30_000);
afterAll(async () => {
  await web?.stop();
  rmSync(folder, { recursive: true });
});

describe('postern web lets in who has the address, and nobody else', () => {
  it('listens on 127.0.0.1, with a token of its own', async () => {
    expect(web.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    const other = await startWeb(folder);
    expect(new URL(other.url).pathname).not.toBe(new URL(web.url).pathname);
    expect(await other.stop()).toBe(0);
    await expect(ask(other.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('refuses requests without the token, or with another, for every path', async () => {
    const { origin, pathname } = new URL(web.url);
    const wrong = `${pathname.slice(0, -2)}${pathname.at(-2) === 'a' ? 'b' : 'a'}/`;
    for (const path of ['/', '/verdict', '/queue', wrong, `${wrong}verdict`, `/x${pathname}`]) {
      const { status, body } = await ask(`${origin}${path}`, { method: path.endsWith('t') ? 'POST' : 'GET' });
      expect([path, status]).toEqual([path, 403]);
      expect(body).not.toContain('yourdomain');
    }
  });

  it('refuses a name that was pointed at this machine, and other pages', async () => {
    const port = new URL(web.url).port;
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', '127.0.0.1:1'])
      expect([host, (await ask(web.url, { host })).status]).toEqual([host, 403]);
    const foreign = { method: 'POST', body: 'client=192.0.2.1' };
    expect((await ask(`${web.url}verdict`, { ...foreign, origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask(`${web.url}verdict`, { ...foreign, origin: 'null' })).status).toBe(403);
    const { headers, status } = await ask(web.url);
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'sha256-[^']+';/);
  });

  it('bounds and names what it does not take', async () => {
    expect((await ask(`${web.url}verdict`)).status).toBe(405);
    expect((await ask(web.url, { method: 'DELETE' })).status).toBe(405);
    expect((await ask(`${web.url}nothing`, { method: 'POST' })).status).toBe(404);
    expect((await ask(`${web.url}constructor`, { method: 'POST' })).status).toBe(404);
    expect((await ask(`${web.url}verdict`, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413);
    const { status, body } = await ask(`${web.url}verdict`, { method: 'POST', body: 'client=<b>' });
    expect([status, body]).toEqual([200, expect.stringContaining('&lt;b&gt;')]);
  });

  it('shows no key of a block list, neither in the audit nor in a verdict', async () => {
    const key = 'abcdefghijklmnopqrstuvwxyz';
    const server = await serveLocally(
      targetSite({
        name: 'mx1',
        world: { resolver: fixtureResolver({}) },
        configuration: () =>
          Promise.resolve({
            main: `smtpd_client_restrictions = reject_rbl_client ${key}.zen.dq.spamhaus.net\nsmtpd_relay_restrictions = reject_unauth_destination\n`,
            master: 'smtp inet n - n - - smtpd\n',
            version: '3.7.11',
          }),
        queue: () => Promise.reject(new Error('no queue')),
        tuning: () => Promise.reject(new Error('no facts')),
      }),
    );
    const page = await ask(server.url);
    const form = {
      method: 'POST',
      body: 'client=198.51.100.7&helo=mx.example.org&from=a@example.org&to=b@localhost',
    };
    const verdict = await ask(`${server.url}verdict`, form);
    expect([page.status, verdict.status]).toEqual([200, 200]);
    expect(verdict.body).toContain('zen.dq.spamhaus.net');
    expect(page.body + verdict.body).not.toContain(key);
    await server[Symbol.asyncDispose]();
  });

  it('says before it serves what cannot be read, and which port is taken', async () => {
    expect(await run(['web', tmpdir(), '--postfix', '3.7.11'])).toMatchObject({ code: 3, out: '' });
    expect(await run(['web', folder, '--port', 'many'])).toMatchObject({ code: 2 });
    const { port } = new URL(web.url);
    const taken = await run(['web', folder, '--postfix', '3.7.11', '--port', port]);
    expect(taken).toMatchObject({ code: 3, err: expect.stringContaining(`port ${port} cannot be used`) });
  });
});

describeWith(['chromium'], 'the page of postern web', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await startBrowser()), 60_000);
  afterAll(() => browser?.close());
  const outcome = ({ page }: OpenPage): Promise<string | null> =>
    page.locator('[data-part=verdict] [data-outcome]').textContent();

  it('shows the audit and the restriction paths, and gives verdicts while one types', async () => {
    await using open = await browser.open({ url: web.url });
    const { page } = open;
    expect(await page.locator('#audit').textContent()).toContain(
      'zen.spamhaus.org is asked without a reply filter',
    );
    expect(await page.locator('#path svg').count()).toBe(2);
    await expect.poll(() => outcome(open)).toBe('unknown');

    await page.getByLabel('recipients').fill('victim@elsewhere.example');
    await expect.poll(() => outcome(open)).toBe('reject');
    const verdict = page.locator('[data-part=verdict]');
    expect(await verdict.textContent()).toContain('reject_unauth_destination');
    expect(await verdict.textContent()).toContain('(main.cf:44)');

    await page.getByLabel('configuration').selectOption('hardened');
    await expect.poll(() => verdict.textContent()).toContain('smtpd_relay_restrictions');

    await page.getByLabel("client's address").fill('nonsense');
    await expect.poll(() => verdict.textContent()).toBe('"nonsense" is no IP address');
    await open.screenshot('web');
    expect(open.outsideRequests).toEqual([]);
  });

  it('says that a folder has no queue, and plots what the probe says', async () => {
    await using open = await browser.open({ url: web.url });
    const { page } = open;
    await expect.poll(() => page.locator('[data-part=queue]').textContent()).toContain('is a folder');
    const tuning = page.locator('[data-part=tuning]');
    await expect.poll(() => tuning.locator('svg').count()).toBe(1);
    expect(await tuning.textContent()).toContain('disk that cannot keep up');
  });

  it('keeps text of the configuration text', async () => {
    await using open = await browser.open({ url: web.url });
    await expect.poll(() => outcome(open)).toBe('unknown');
    expect(await open.page.content()).toContain('&lt;img src=x');
    expect(await open.page.locator('img').count()).toBe(0);
    expect(await open.page.title()).not.toBe('owned');
    // Even markup that got in would run nothing.
    await open.page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', ${JSON.stringify(hostile)})`,
    );
    await open.page.waitForTimeout(50);
    expect(await open.page.title()).not.toBe('owned');
  });

  it('reads in both schemes, and on a phone without scrolling sideways', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await using open = await browser.open({ url: web.url }, { scheme, screen: 'phone' });
      await expect.poll(() => outcome(open)).toBe('unknown');
      expect(await open.sidewaysScroll()).toBe(0);
      await open.screenshot(`web-phone-${scheme}`);
    }
  });

  it('plots a queue, shows it again when asked, and says when nobody answers', async () => {
    let total = 3;
    const server = await serveLocally(
      targetSite({
        name: 'mx1',
        world: {},
        configuration: () =>
          Promise.resolve({ main: '', master: 'smtp inet n - n - - smtpd\n', version: '3.7.11' }),
        queue: () =>
          Promise.resolve({
            total,
            size: 3000,
            byQueue: { deferred: total },
            byAge: { '<5': 1, '<10': total - 1 },
            bySender: { 'MAILER-DAEMON': total },
            byRecipientDomain: { '<b>forged.example</b>': total },
            byReason: { 'connection timed out': total },
            shape: [],
            problems: [],
          }),
        tuning: () => Promise.reject(new Error('no route to mx1')),
      }),
    );
    await using open = await browser.open({ url: server.url });
    const queue = open.page.locator('[data-part=queue]');
    await expect.poll(() => queue.textContent()).toContain('3 messages: 3 deferred.');
    expect(await queue.locator('svg').count()).toBe(4);
    expect(await queue.textContent()).toContain('<b>forged.example</b>');
    await expect
      .poll(() => open.page.locator('[data-part=tuning]').textContent())
      .toBe('Not done: no route to mx1');

    total = 70;
    await open.page.locator('button[data-shows=queue]').click();
    await expect.poll(() => queue.textContent()).toContain('70 messages');
    await server[Symbol.asyncDispose]();
    await open.page.locator('button[data-shows=queue]').click();
    await expect.poll(() => queue.textContent()).toMatch(/^No answer .* Is postern web still running\?$/);
  });
});
