import { basename, dirname, join } from 'node:path';
import { audit } from '@postern/hardening';
import { describeWith, runReadmeExample, startLab, type Lab, type Outcome } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBlocks } from './blocks.ts';

const page = join(import.meta.dirname, '../hardening-guide.md');
const blocks = readBlocks(page);

/** The configurations on the page, by folder. */
const configurations = new Map<string, Partial<Record<string, string>>>();
for (const block of blocks) {
  if (block.type !== 'file') continue;
  const folder = dirname(block.path);
  configurations.set(folder, { ...configurations.get(folder), [basename(block.path)]: block.text });
}

const { 'as-printed': asPrinted = {}, ...others } = Object.fromEntries(configurations);
const mended = new Map(Object.entries(others));

const base = {
  main: 'compatibility_level = 3.6\n',
  master: 'smtp inet n - y - - smtpd\n',
  version: '3.7.11',
};
const rulesOf = (main = base.main, master = base.master): string[] =>
  audit({ ...base, main, master })
    .filter(({ level }) => level !== 'note')
    .map(({ rule }) => rule);

it('has nothing between fences that no test runs', () => {
  const left = blocks.filter(({ type }) => type === 'code' || type === 'not-run');
  expect(left).toEqual([]);
});

it('has a program that does what it says', () => {
  const { printed, promised } = runReadmeExample(page);
  expect(printed).toEqual(promised);
  expect(promised).toHaveLength(2);
});

it('shows configurations in which the audit finds nothing but what a part leaves open', () => {
  const open = new Set(rulesOf());
  const more = [...mended].map(([folder, { 'main.cf': main, 'master.cf': master }]) => [
    folder,
    rulesOf(main, master).filter((rule) => !open.has(rule)),
  ]);
  expect(more).toEqual([...mended.keys()].map((folder) => [folder, []]));
  const { 'main.cf': main, 'master.cf': master } = mended.get('restrictions')!;
  expect(rulesOf(main, master)).toEqual([]);
  expect(rulesOf(asPrinted['main.cf'], asPrinted['master.cf'])).toEqual(
    expect.arrayContaining(['line-without-equals', 'service-without-columns']),
  );
});

describeWith(['root', 'namespaces', 'postfix'], 'the real Postfix', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ hostname: 'mail.example.no' });
  });
  afterAll(() => lab?.close());
  const read = async (files: Partial<Record<string, string>>): Promise<Outcome[]> => {
    const age = 3600; // Postfix waits for a file that was written just now
    lab.write('/etc/postfix/main.cf', files['main.cf'] ?? base.main, { age });
    lab.write('/etc/postfix/master.cf', files['master.cf'] ?? base.master, { age });
    const commands = [
      ['postfix', 'check'],
      ['postconf', '-n'],
      ['postconf', '-M'],
    ] as const;
    return Promise.all(commands.map(([command, argument]) => lab.run(command, [argument])));
  };

  it.each([...mended])('takes %s without a word', async (_folder, files) => {
    const quiet = { status: 0, stderr: '' };
    expect(await read(files)).toMatchObject([quiet, quiet, quiet]);
  });

  it('refuses what guides print', async () => {
    const [check, main, master] = await read(asPrinted);
    expect(check?.status).toBe(1);
    expect(main?.stderr).toContain("missing '=' after attribute name");
    expect(master?.stderr).toContain('fatal');
  });
});
