import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describeWith, startBrowser } from '@postern/testbed';
import { expect, it } from 'vitest';
import { makeRecord } from '../src/record.ts';

it('makes records, and says what is wrong with an answer', () => {
  const answers = {
    domain: 'example.org',
    mx: true,
    networks: '192.0.2.7/24, 2001:db8::1',
    includes: '_spf.example.net',
    others: '-',
  } as const;
  expect(makeRecord(answers)).toEqual({
    text: 'v=spf1 mx ip4:192.0.2.0/24 ip6:2001:db8::1 include:_spf.example.net -all',
    zoneLine: expect.stringMatching(/^example\.org\..*"v=spf1 mx .* -all"$/),
    lookups: 2,
  });
  expect(makeRecord({ ...answers, networks: '192.0.2.300' })).toEqual({
    problem: expect.stringContaining('192.0.2.300'),
  });
});

describeWith(['chromium'], 'in a browser', () => {
  it('writes the record while somebody types, and asks nobody for anything', async () => {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@postern/source',
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, '../src/serve.ts'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'exit');
    try {
      const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      await using browser = await startBrowser();
      await using opened = await browser.open({ url }, { screen: 'phone', scheme: 'dark' });
      const { page } = opened;
      await page.getByRole('textbox', { name: 'Domain', exact: true }).fill('example.org');
      await page.getByLabel('Addresses and networks').fill('198.51.100.0/24');
      await page.getByLabel('Mail from anywhere else').selectOption('~');
      expect(await page.locator('output').textContent()).toContain('"v=spf1 mx ip4:198.51.100.0/24 ~all"');
      await page.getByLabel('Addresses and networks').fill('<script>');
      expect(await page.locator('output').getAttribute('class')).toBe('problem');
      expect(opened.outsideRequests).toEqual([]);
      expect(opened.errors.filter((error) => !error.includes('404'))).toEqual([]);
      expect(await opened.sidewaysScroll()).toBeLessThanOrEqual(0);
    } finally {
      child.kill();
    }
    expect(await ended).toEqual([0, null]);
  });
});
