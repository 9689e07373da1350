import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, startBrowser, type Browser } from '@postern/testbed';

describeWith(['chromium'], 'a browser', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await startBrowser()), 60_000);
  afterAll(async () => browser?.close());

  it('shows a page as text in the scheme and the width that are asked for', async () => {
    const html = `<!doctype html><meta name="viewport" content="width=device-width">
      <style>body{margin:0} p{width:400px;color:rgb(1,2,3)} @media(prefers-color-scheme:dark){p{color:rgb(4,5,6)}}</style>
      <p>Hello</p>`;
    await using light = await browser.open({ html });
    await using dark = await browser.open({ html }, { scheme: 'dark', screen: 'phone' });
    const colour = `getComputedStyle(document.querySelector('p')).color`;
    expect(await light.page.evaluate(colour)).toBe('rgb(1, 2, 3)');
    expect(await dark.page.evaluate(colour)).toBe('rgb(4, 5, 6)');
    expect(await light.sidewaysScroll()).toBe(0);
    expect(await dark.sidewaysScroll()).toBeGreaterThanOrEqual(40);
    expect((await light.screenshot('browser')).length).toBeGreaterThan(1000);
    expect(light.requests).toEqual([]);
  });

  it('stops and notes what a page asks for elsewhere, and what its scripts throw', async () => {
    await using open = await browser.open({
      html: `<!doctype html><img src="https://example.net/pixel.png"><img src="other.png"><script>throw new Error('oh')</script>`,
    });
    expect(open.outsideRequests).toContain('https://example.net/pixel.png');
    expect(open.outsideRequests).toHaveLength(2);
    expect(open.errors).toContain('oh');
  });

  it('lets a page of a server have what its own server has', async () => {
    const server = createServer((request, response) => {
      response.setHeader('content-type', request.url === '/' ? 'text/html' : 'text/css');
      response.end(
        request.url === '/'
          ? '<link rel=stylesheet href=/style.css><link rel=stylesheet href=http://example.net/style.css>Hi'
          : 'body{margin:17px}',
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    await using open = await browser.open({ url });
    expect(await open.page.evaluate('getComputedStyle(document.body).marginTop')).toBe('17px');
    expect(open.outsideRequests).toEqual(['http://example.net/style.css']);
    expect(open.requests).toContain(`${url}style.css`);
    server.close();
  });
});
