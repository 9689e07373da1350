import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, startBrowser, type Browser, type OpenPage } from '@postern/testbed';

const example = join(import.meta.dirname, '..');
const leftovers: string[] = [];
const cleanUp = (): void => {
  for (const folder of leftovers.splice(0)) rmSync(folder, { recursive: true, force: true });
};
afterEach(cleanUp);

interface Started {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The folder with the hardened copy. */
  readonly result: string;
  readonly report: string;
}

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = process.env): Started {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@postern/source',
      '--disable-warning=ExperimentalWarning',
      join(example, 'src/main.ts'),
      ...args,
    ],
    { encoding: 'utf8', env },
  );
  const result = /^Apply: to a copy in (.*)$/m.exec(stdout)?.[1] ?? '';
  const report = /^\/.*\/report\.html$/m.exec(stdout)?.[0] ?? '';
  if (result !== '') leftovers.push(dirname(result));
  return { status, stdout, stderr, result, report };
}

function copyOfHost(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quickstart-'));
  leftovers.push(folder);
  for (const name of ['main.cf', 'master.cf']) cpSync(join(example, 'host', name), join(folder, name));
  return folder;
}

/** The text of one station, on one line. */
function station(stdout: string, name: string): string {
  const parts = stdout.split(/^([A-Z]\w+): .*\n\n/m);
  const at = parts.indexOf(name);
  return at < 0 ? '' : (parts[at + 1] ?? '').replaceAll(/\s+/g, ' ');
}

describe('npm start', () => {
  let whole: Started;
  let html: string;
  beforeAll(() => {
    whole = start();
    html = readFileSync(whole.report, 'utf8');
    // The other tests clean up after themselves; this one's result is looked at by several.
    leftovers.splice(0);
  }, 60_000);
  afterAll(() => {
    rmSync(dirname(whole.result), { recursive: true, force: true });
  });

  it('walks all stations in their order and ends well', () => {
    expect(whole.stderr).toBe('');
    expect(whole.status).toBe(0);
    expect([...whole.stdout.matchAll(/^([A-Z]\w+): .*\n\n/gm)].map(([, name]) => name)).toEqual([
      'Outside',
      'Facts',
      'Findings',
      'Relaying',
      'Mail',
      'Senders',
      'Tuning',
      'Queue',
      'Plan',
      'Apply',
      'Verify',
      'Report',
    ]);
  });

  it('prints no colour off the terminal, and nothing wider than 80 columns but paths', () => {
    expect(whole.stdout).not.toContain('\u001B');
    const wide = whole.stdout.split('\n').filter((line) => line.length > 80 && !line.includes(tmpdir()));
    expect(wide).toEqual([]);
  });

  it('sees the generic name, the listing, the lookup budget and the weak policy from outside', () => {
    const outside = station(whole.stdout, 'Outside');
    expect(outside).toContain('warning reverse-dns The name static-203-0-113-25.provider.example looks like');
    expect(outside).toContain('fail lists 203.0.113.25 is on zen.spamhaus.org');
    expect(outside).toContain('unknown lists bl.spamcop.net gave no verdict');
    expect(outside).toContain('fail spf A check that matches nothing needs at least 11 lookups');
    expect(outside).toContain('warning dmarc The policy is none');
  });

  it('proves the relay closed before and after, by the line that closes it', () => {
    const relaying = station(whole.stdout, 'Relaying');
    expect(relaying).toMatch(
      /before: closed.* reject_unauth_destination in smtpd_recipient_restrictions \(main\.cf:44\)/,
    );
    expect(relaying).toMatch(/after: closed.* reject_unauth_destination in smtpd_relay_restrictions/);
  });

  it('shows that a parked block list refuses all mail before and none after', () => {
    const mail = station(whole.stdout, 'Mail');
    expect(mail).toMatch(
      /parked and answer every question ✗ before: reject 554 5\.7\.1 by reject_rbl_client zen\.spamhaus\.org \(main\.cf:48\).*? ✓ after: accepted/,
    );
    expect(mail).toMatch(
      /every block list has writes .* ✓ after: reject 550 5\.7\.1 by postscreen_dnsbl_sites/,
    );
    expect(mail).not.toContain('✗ after');
  });

  it('shows that the help desk cannot send until the SPF record is flattened', () => {
    const senders = station(whole.stdout, 'Senders');
    expect(senders).toContain('the host itself: pass (by a)');
    expect(senders).toMatch(
      /the help desk: permerror \(more than 10 terms need DNS lookups\); flattened: pass/,
    );
    expect(senders).toMatch(/a stranger: permerror .*?; flattened: softfail/);
    expect(senders).toContain('zen.spamhaus.org: listed');
    expect(senders).toContain('bl.spamcop.net: error');
  });

  it('names the disk as what melted, and the bound that binds', () => {
    const tuning = station(whole.stdout, 'Tuning');
    expect(tuning).toContain('disk that cannot keep up (certain)');
    expect(tuning).toMatch(/Memory burst/);
    expect(tuning).toContain('binds: smtpd processes at 21.1/s (200 processes / 9.5 s a session)');
    expect(tuning).toContain('48000 deferred × 0.061 s a commit / 0.25 of the disk = 11760 s');
  });

  it('tells backscatter from mail in fifty thousand messages, and names what fills the queue', () => {
    const queue = station(whole.stdout, 'Queue');
    expect(whole.stdout).toMatch(/^Queue: .* 50000 messages$/m);
    expect(queue).toContain('backscatter 30000 (30000 bounces foreign mail)');
    expect(queue).toContain(
      'legitimate 20000 (17000 has sender, 2000 bounces own mail, 1000 own author) not sure 0',
    );
    expect(queue).toContain('sign: local_recipient_maps is empty');
    expect(queue).toContain('they were sent by a login as info');
    expect(queue).toContain('bigcustomer.example does not answer, and its mail waits here. (certain)');
    expect(station(whole.stdout, 'Tuning')).toContain('backscatter flood');
  });

  it('plans with reasons, applies to a copy, and finds nothing left', () => {
    const plan = station(whole.stdout, 'Plan');
    expect(plan).toContain('+smtpd_forbid_bare_newline = normalize');
    expect(plan).toContain('→ smtpd_forbid_bare_newline postconf(5)');
    const verified = station(whole.stdout, 'Verify');
    expect(verified).toMatch(/audit: \d\d findings before, 0 after/);
    expect(verified).toContain('second plan: empty');
    expect(verified).not.toContain('differs on');
    expect(readFileSync(join(whole.result, 'main.cf'), 'utf8')).toContain('zen.spamhaus.org=127.0.0.[2..11]');
  });

  it('keeps the work tree clean', () => {
    expect(whole.report.startsWith(tmpdir())).toBe(true);
    const { stdout } = spawnSync('git', ['status', '--porcelain', '--', join(example, 'host')], {
      encoding: 'utf8',
    });
    expect(stdout).not.toMatch(/\.postern|report\.html/);
  });

  describeWith(['chromium'], 'its report', () => {
    let browser: Browser;
    beforeAll(async () => void (browser = await startBrowser()), 60_000);
    afterAll(() => browser?.close());
    const open = (options: Parameters<Browser['open']>[1]): Promise<OpenPage> =>
      browser.open({ html }, options);

    it('is one page that asks for nothing and has every station with its pictures', async () => {
      await using report = await open({});
      const titles = await report.page.locator('h2').allTextContents();
      expect(titles.map((title) => title.split(':')[0])).toEqual([
        'Outside',
        'Facts',
        'Findings',
        'Relaying',
        'Mail',
        'Senders',
        'Tuning',
        'Queue',
        'Plan',
        'Apply',
        'Verify',
      ]);
      const pictures = await report.page.locator('svg > title').allTextContents();
      expect(pictures).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^Findings by level/),
          expect.stringMatching(/^The way of 9 samples through the lists of smtp$/),
          expect.stringMatching(/^Lookups that each check takes/),
          expect.stringMatching(/^Load average/),
          expect.stringMatching(/^Messages a second that each resource allows/),
          expect.stringMatching(/^Messages that are backscatter and messages that are mail, of 50000$/),
          expect.stringMatching(/^Messages by age in minutes$/),
        ]),
      );
      expect(report.requests).toEqual([]);
      expect(report.errors).toEqual([]);
      await report.screenshot('road');
    });

    it('reads in both colour schemes, and on a phone without scrolling sideways', async () => {
      await using light = await open({ scheme: 'light', screen: 'phone' });
      await using dark = await open({ scheme: 'dark', screen: 'phone' });
      const colours = `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].join()`;
      expect(await light.page.evaluate(colours)).not.toBe(await dark.page.evaluate(colours));
      for (const page of [light, dark]) {
        expect(await page.sidewaysScroll()).toBe(0);
        expect(page.errors).toEqual([]);
      }
      await dark.screenshot('road-phone-dark');
    });
  });
});

describe('npm start FOLDER', () => {
  it('works for a user without Postfix, and leaves the folder alone', () => {
    const folder = copyOfHost();
    const before = readFileSync(join(folder, 'main.cf'), 'utf8');
    const { status, stdout, stderr } = start([folder, '--postfix', '3.7.11'], {
      PATH: '/nowhere',
      HOME: '/nowhere',
    });
    // Where /usr/sbin has a postconf it is asked all the same: that path is where Debian hides it.
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(station(stdout, 'Verify')).toMatch(/(?:no Postfix is installed|agrees on all of them)/);
    expect(station(stdout, 'Outside')).toBe('');
    expect(readFileSync(join(folder, 'main.cf'), 'utf8')).toBe(before);
  });

  it('changes a real folder when it is told to apply', () => {
    const folder = copyOfHost();
    const before = readFileSync(join(folder, 'main.cf'), 'utf8');
    const applied = start([folder, '--postfix', '3.7.11', '--apply']);
    expect(applied.stdout).toContain(`${folder}: applied (undo: npx postern rollback ${folder})`);
    expect(readFileSync(join(folder, 'main.cf'), 'utf8')).not.toBe(before);
  });

  it('shows text of the files as text, at the terminal and in the report', () => {
    const folder = copyOfHost();
    const hostile = `smtpd_banner = $myhostname \u001B]0;owned\u0007<script>alert(1)</script>\n`;
    writeFileSync(join(folder, 'main.cf'), `${readFileSync(join(folder, 'main.cf'), 'utf8')}${hostile}`);
    const { stdout, report } = start([folder, '--postfix', '3.7.11']);
    expect(stdout).not.toContain('\u001B');
    expect(stdout).toContain('owned');
    expect(readFileSync(report, 'utf8')).not.toContain('<script>');
  });

  it('says what it needs when the folder is none', () => {
    const { status, stderr } = start([tmpdir(), '--postfix', '3.7.11']);
    expect(status).toBe(3);
    expect(stderr).toContain('has no main.cf');
    expect(existsSync(join(tmpdir(), 'main.cf'))).toBe(false);
  });
});
