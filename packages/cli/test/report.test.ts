import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const host = join(import.meta.dirname, '../../../examples/quickstart/host');
const on37 = ['--postfix', '3.7.11'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'report-'));
  cpSync(host, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('reports', () => {
  it('postern audit --html writes one file that needs nothing else, and prints the findings as ever', async () => {
    const { code, out } = await run(['audit', folder, ...on37, '--html', 'audit.html'], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toContain('dnsbl-without-filter');
    const html = read('audit.html');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('A block list is trusted for any answer it gives');
    expect(html).toContain('The way of mail through smtp');
    expect(html).not.toMatch(/<script|What would change/);
  });

  it('postern plan --html shows the host before and after', async () => {
    const { out } = await run(['plan', folder, ...on37, '--html', 'plan.html'], { cwd: folder });
    expect(out).toContain('smtpd_forbid_bare_newline');
    const html = read('plan.html');
    expect(html).toContain('After the plan');
    expect(html).toContain('<ins>+smtpd_forbid_bare_newline = normalize</ins>');
  });

  it('postern audit --markdown prints the report', async () => {
    const { code, out } = await run(['audit', folder, ...on37, '--markdown']);
    expect(code).toBe(1);
    expect(out).toMatch(/^# Postfix on /);
    expect(out).toContain('`main.cf:48:5` · `dnsbl-without-filter`');
    expect(out).toContain('## The way of mail through smtp');
  });

  it('postern audit --sarif has the lines that are meant, and fixes', async () => {
    const { out } = await run(['audit', folder, ...on37, '--sarif']);
    const { results } = (JSON.parse(out) as { runs: [{ results: { ruleId: string }[] }] }).runs[0];
    expect(results.find(({ ruleId }) => ruleId === 'dnsbl-without-filter')).toMatchObject({
      locations: [{ physicalLocation: { region: { snippet: { text: expect.stringContaining('zen') } } } }],
      fixes: [{ artifactChanges: [{ artifactLocation: { uri: 'main.cf', uriBaseId: 'ROOT' } }] }],
    });
  });

  it('says which file cannot be written, and that one form of output is enough', async () => {
    const nowhere = await run(['audit', folder, ...on37, '--html', 'no/such/folder/x.html'], { cwd: folder });
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toMatch(/--html no\/such\/folder\/x\.html: cannot be written/);
    const both = await run(['audit', folder, ...on37, '--sarif', '--markdown']);
    expect(both).toMatchObject({ code: 2, err: expect.stringMatching(/choose one of/) });
  });
});
