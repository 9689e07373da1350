import { globSync } from 'node:fs';
import { describeWith, startBrowser, type Browser } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSite, type Site } from './site.ts';

describeWith(['chromium'], 'the documentation in a browser', () => {
  let site: Site;
  let browser: Browser;
  // Building the site also checks every link within it.
  beforeAll(async () => {
    site = await startSite();
    browser = await startBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });

  it('reads on a phone in the dark and on a desk in the light, and fetches nothing from elsewhere', async () => {
    const all = globSync('**/*.html', { cwd: site.folder }).filter((file) => file !== '404.html');
    expect(all.length).toBeGreaterThan(50);
    // The pages of the rules come out of one mould: a few stand for all.
    const rules = all.filter((file) => file.startsWith('rules/'));
    const pages = [...all.filter((file) => !rules.includes(file)), ...rules.slice(0, 3)];
    for (const options of [
      { screen: 'phone', scheme: 'dark' },
      { screen: 'desktop', scheme: 'light' },
    ] as const) {
      await using opened = await browser.open({ url: `${site.url}/` }, options);
      const { page } = opened;
      for (const file of pages) {
        await page.goto(`${site.url}/${file.replace(/(?:index)?\.html$/, '')}`);
        await page.waitForSelector(file === 'index.html' ? '.VPHome, main' : 'main h1');
        const sideways = await opened.sidewaysScroll();
        expect({ file, ...options, sideways }).toEqual({ file, ...options, sideways: 0 });
        const dark = await page.evaluate(`document.documentElement.classList.contains('dark')`);
        expect(dark).toBe(options.scheme === 'dark');
      }
      expect(opened.outsideRequests).toEqual([]);
      expect(opened.errors).toEqual([]);
    }
  }, 300_000);

  it('finds what somebody searches for', async () => {
    await using opened = await browser.open({ url: `${site.url}/guide/start` });
    const { page } = opened;
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.locator('#localsearch-input').fill('mynetworks');
    await page.waitForSelector('#localsearch-list a');
    expect(await page.locator('#localsearch-list a').count()).toBeGreaterThan(0);
    expect(opened.outsideRequests).toEqual([]);
  });

  it('audits, proves, hardens and simulates in the playground with the network cut off', async () => {
    await using opened = await browser.open({ url: `${site.url}/playground` });
    const { page } = opened;
    await page.getByRole('tab', { name: 'Audit' }).waitFor();
    await page.context().setOffline(true);
    const before = opened.requests.length;

    const panel = page.getByRole('tabpanel');
    expect(await panel.textContent()).toContain('reject_rbl_client zen.spamhaus.org');
    await page
      .getByLabel('main.cf')
      .fill('compatibility_level = 3.6\nmynetworks = 0.0.0.0/0\nmydestination = example.no\n');
    await page.getByRole('tab', { name: 'Relay proof' }).click();
    expect(await panel.textContent()).toMatch(/^Open: this is relayed/);
    await page
      .getByLabel('main.cf')
      .fill('compatibility_level = 3.6\nmynetworks = 127.0.0.0/8\nmydestination = example.no\n');
    expect(await panel.textContent()).toMatch(/^Closed/);
    await page.getByRole('tab', { name: 'Hardened' }).click();
    expect(await panel.locator('.plus').count()).toBeGreaterThan(3);

    await page.getByRole('tab', { name: 'Transaction' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await panel.getByText('defer_unauth_destination').first().waitFor();
    expect(await panel.textContent()).toContain('454 4.7.1');
    await page.getByRole('textbox', { name: 'To' }).fill('kari@example.no');
    await page.getByLabel(/^DNS/).fill('{');
    await page.getByRole('button', { name: 'Send' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('The DNS data cannot be read');

    expect(opened.requests.slice(before)).toEqual([]);
    expect(opened.outsideRequests).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  it('says what is wrong with what was pasted, and never runs it', async () => {
    await using opened = await browser.open({ url: `${site.url}/playground` });
    const { page } = opened;
    await page.getByRole('tab', { name: 'Audit' }).waitFor();
    await page
      .getByLabel('main.cf')
      .fill('myhostname = <img src=x onerror=alert(1)>\n = \nmydestination = ${\n');
    await page.getByLabel('master.cf').fill('this is no service\n');
    for (const name of ['Audit', 'Relay proof', 'Hardened']) {
      await page.getByRole('tab', { name }).click();
      expect(await page.locator('.playground').textContent()).not.toBe('');
    }
    await page.getByLabel('Postfix').fill('one');
    await page.getByLabel('Postfix').blur();
    expect(await page.getByRole('alert').textContent()).toContain('one');
    expect(await page.locator('.playground img').count()).toBe(0);
    expect(opened.errors).toEqual([]);
  });
});
