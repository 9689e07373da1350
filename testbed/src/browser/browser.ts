import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { environment, findProgram } from '../requirements.ts';
import { scratch } from '../scratch.ts';

/** Chromium without a window, for tests that look at a page the way a person would. */
export interface Browser extends AsyncDisposable {
  /** Opens a page in a profile of its own: nothing is kept from one page to the next. */
  open(source: PageSource, options?: OpenOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

/** A page as text, opened as the file it would be saved as; or the address of a server that the test started. */
export type PageSource = { readonly html: string } | { readonly url: string };

export interface OpenOptions {
  /** What the person's system prefers ('light'). */
  readonly scheme?: 'light' | 'dark';
  /** A desktop's window of 1280 × 900 or a phone's of 360 × 740, where touch counts ('desktop'). */
  readonly screen?: 'desktop' | 'phone';
}

/** A page as it stands in the browser. */
export interface OpenPage extends AsyncDisposable {
  /** Everything else that can be asked of it: locators, evaluate, clicks. */
  readonly page: Page;
  /** Addresses that it asked for outside its own origin, in order. None of them was let through. */
  readonly outsideRequests: readonly string[];
  /** Every request it made beside the page itself, outside or not. */
  readonly requests: readonly string[];
  /** What went wrong in it: scripts that threw, and what the console calls an error, refused by its policy say. */
  readonly errors: readonly string[];
  /** By how many CSS pixels it is wider than the window: above 0, a person must scroll sideways. */
  sidewaysScroll(): Promise<number>;
  /** The whole page as PNG. Also written to NAME.png in the folder POSTERN_SCREENSHOTS, where that is set. */
  screenshot(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

const screens: Readonly<Record<'desktop' | 'phone', BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/**
 * Starts Debian's Chromium. One serves all tests of a file: opening a page costs a few hundredths of a second,
 * starting the browser a second. Nothing leaves this machine: names resolve to nothing, and requests that leave
 * a page's own origin are stopped and noted.
 *
 * @throws Error when chromium is not installed; `describeWith(['chromium'], …)` skips such tests by name
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('chromium is not installed');
  const files = scratch();
  const browser = await chromium.launch({
    executablePath,
    env: environment,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
  let pages = 0;
  const close = async (): Promise<void> => {
    await browser.close();
    files[Symbol.dispose]();
  };

  const open: Browser['open'] = async (source, { scheme = 'light', screen = 'desktop' } = {}) => {
    const address =
      'url' in source ? source.url : pathToFileURL(files.write(`${pages++}.html`, source.html)).href;
    const own = new URL(address);
    const context = await browser.newContext({ ...screens[screen], colorScheme: scheme });
    const page = await context.newPage();
    const requests: string[] = [];
    const outsideRequests: string[] = [];
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await context.route('**', async (route) => {
      const url = route.request().url();
      if (url === own.href) return route.continue();
      requests.push(url);
      if (isOutside(url, own)) {
        outsideRequests.push(url);
        return route.abort();
      }
      return route.continue();
    });
    await page.goto(own.href);
    const closePage = (): Promise<void> => context.close();
    return {
      page,
      outsideRequests,
      requests,
      errors,
      sidewaysScroll: () =>
        page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      async screenshot(name) {
        const image = await page.screenshot({ fullPage: true });
        const folder = process.env['POSTERN_SCREENSHOTS'];
        if (folder) {
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, `${name}.png`), image);
        }
        return image;
      },
      close: closePage,
      [Symbol.asyncDispose]: closePage,
    };
  };
  return { open, close, [Symbol.asyncDispose]: close };
}

/** A saved page has no origin of its own: every other file is outside too. */
function isOutside(url: string, own: URL): boolean {
  return own.protocol === 'file:' || new URL(url).origin !== own.origin;
}
