import { reportAudit, toHtml } from '@postern/hardening';
import { describeWith, startBrowser, type Browser, type OpenOptions } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exampleHost, hostWith } from '../hosts.ts';
import { reportedHost } from './reported-host.ts';

describeWith(['chromium'], 'the HTML report in a browser', () => {
  const report = reportedHost();
  const html = toHtml(report, { footer: 'Made by postern' });
  let browser: Browser;
  beforeAll(async () => void (browser = await startBrowser()), 60_000);
  afterAll(async () => browser?.close());

  const looks: readonly Required<OpenOptions>[] = [
    { scheme: 'light', screen: 'desktop' },
    { scheme: 'dark', screen: 'desktop' },
    { scheme: 'light', screen: 'phone' },
    { scheme: 'dark', screen: 'phone' },
  ];

  it.each(looks)('is readable without scrolling sideways: $scheme, $screen', async (look) => {
    await using open = await browser.open({ html }, look);
    const { page } = open;
    expect(await open.sidewaysScroll()).toBe(0);
    expect({ requests: open.requests, errors: open.errors }).toEqual({ requests: [], errors: [] });
    expect(await page.evaluate('document.scripts.length')).toBe(0);
    expect(await page.title()).toBe('Postfix on mail.yourdomain.no');
    // A text that cannot be told from what is behind it is not there: WCAG asks for 4.5.
    const faint = await page.evaluate(faintTexts);
    expect(faint).toEqual([]);
    if (process.env['POSTERN_SCREENSHOTS']) await open.screenshot(`audit-${look.scheme}-${look.screen}`);
  });

  it('has every finding, the way of the samples before and after, the proof and the diff', async () => {
    await using open = await browser.open({ html });
    const { page } = open;
    const text = await page.locator('main').innerText();
    for (const { message, source, at } of report.before.findings) {
      expect(text).toContain(message);
      expect(text).toContain(source);
      expect(text).toContain(`${at!.file}:${at!.line}:${at!.column}`);
    }
    const headings = await page.locator('h2').allInnerTexts();
    expect(headings).toEqual([
      'At a glance',
      'Errors',
      'Warnings',
      'Notes',
      'The way of mail through smtp',
      'The way of mail through submission',
      'The way of mail through submissions',
      'Can a stranger relay?',
      'What would change',
      'What is left after that',
    ]);
    expect(text).toContain('no: proved closed');
    await expect(
      page.locator('ins', { hasText: 'smtpd_forbid_bare_newline = normalize' }).first().isVisible(),
    ).resolves.toBe(false);
    await page.locator('summary').first().click();
    expect(await page.locator('details[open] ins').count()).toBeGreaterThan(0);
  });

  it('draws each sample as far as it gets', async () => {
    await using open = await browser.open({ html });
    const drawn = await open.page.locator('svg').first().evaluate(sampleEnds);
    const { lists, samples } = report.before.paths[0]!;
    const texts = lists.flatMap(({ name, entries }) => [
      entries.length === 0 ? `${name} (empty)` : name,
      ...entries.map((entry) => entry.text),
    ]);
    expect(drawn.rows).toEqual(texts);
    expect(drawn.ends).toEqual(
      samples.map(({ decidedBy, outcome }) =>
        outcome === 'accept'
          ? 'delivered'
          : [decidedBy!.restriction, decidedBy!.argument].filter(Boolean).join(' '),
      ),
    );
  });

  it('shows hostile text as text', async () => {
    const attack = `<script>window.owned=1</script><img src=https://example.net/x.png onerror="window.owned=1">`;
    const host = hostWith(
      `smtpd_recipient_restrictions = reject_unauth_destination, ${attack}, reject_rbl_client zen.${attack}\n` +
        `x"y = ${attack}\nmynetworks = ${attack} 0.0.0.0/0\nsmtpd_banner = $mail_version ${attack}\n`,
      `evil${attack.replaceAll(' ', '')} inet n - y - - smtpd\n`,
    );
    await using open = await browser.open({
      html: toHtml(reportAudit(host, { target: attack }), { footer: attack }),
    });
    expect(await open.page.evaluate('window.owned')).toBeUndefined();
    expect(open.requests).toEqual([]);
    expect(await open.page.evaluate('document.images.length + document.scripts.length')).toBe(0);
    expect(await open.page.locator('h1').innerText()).toBe(`Postfix on ${attack}`);
    expect(await open.sidewaysScroll()).toBe(0);
  });

  it('says that Postfix does not start, on top', async () => {
    const printed = { ...exampleHost, main: exampleHost.main.replaceAll(/^ +/gm, '') };
    await using open = await browser.open({ html: toHtml(reportAudit(printed)) });
    expect(await open.page.locator('#s1').innerText()).toMatch(/Postfix does not start with these files/);
    expect(await open.page.locator('svg').count()).toBe(0);
  });
});

/** Runs in the page: texts whose colour is too close to what is behind them, `colour on colour: text`. */
const faintTexts = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const shine = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((channels(color)[3] ?? 1) > 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = new Set();
  for (const element of document.querySelectorAll('main *:not(title)')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue;
    const style = getComputedStyle(element);
    const front = element instanceof SVGElement ? style.fill : style.color;
    const back = behind(element);
    const [high, low] = [shine(front), shine(back)].toSorted((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.add(front + ' on ' + back + ': ' + element.textContent.slice(0, 40));
  }
  return [...faint];
})()`;

interface Drawn {
  readonly rows: readonly string[];
  readonly ends: readonly string[];
}

/** Runs in the page: the rows of a picture from top to bottom, and beside which of them each sample's cross stands. */
function sampleEnds(picture: unknown): Drawn {
  interface Shape {
    getBoundingClientRect(): { readonly top: number; readonly bottom: number };
    readonly textContent: string;
    querySelector(selector: string): Shape | null;
    querySelectorAll(selector: string): Iterable<Shape>;
  }
  const middle = (shape: Shape): number => {
    const { top, bottom } = shape.getBoundingClientRect();
    return (top + bottom) / 2;
  };
  const svg = picture as Shape;
  const rows = [...svg.querySelectorAll('svg > text:not([data-place])')].map((row) => ({
    y: middle(row),
    text: row.querySelector('title')?.textContent ?? row.textContent,
  }));
  const ends = [...svg.querySelectorAll('g')].map((line) => {
    const cross = line.querySelector('path');
    if (!cross) return 'delivered';
    return rows.toSorted((a, b) => Math.abs(a.y - middle(cross)) - Math.abs(b.y - middle(cross)))[0]!.text;
  });
  return { rows: rows.map(({ text }) => text), ends };
}
