import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';

const place = mkdtempSync(join(tmpdir(), 'postern-gate-'));
afterAll(() => rmSync(place, { recursive: true }));

const source = ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning'];
const openRelay = join(place, 'open');
const closed = join(place, 'closed');
for (const [folder, main] of [
  [openRelay, 'mynetworks = 0.0.0.0/0\n'],
  [
    closed,
    'compatibility_level = 3.7\ninet_interfaces = loopback-only\nmydestination =\ndisable_vrfy_command = yes\nsmtpd_forbid_bare_newline = normalize\n',
  ],
] as const) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'main.cf'), main);
  writeFileSync(join(folder, 'master.cf'), 'smtp inet n - y - - smtpd\n');
}

function gate(...args: readonly string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [...source, join(import.meta.dirname, '../src/main.ts'), ...args], {
    encoding: 'utf8',
    cwd: place,
  });
}

it('stops what brings errors, says where, and writes SARIF', () => {
  const { status, stdout } = gate(openRelay, '--sarif', 'out.sarif');
  expect(status).toBe(1);
  expect(stdout).toContain('main.cf:1: ');
  const sarif = JSON.parse(readFileSync(join(place, 'out.sarif'), 'utf8')) as {
    version: string;
    runs: { results: unknown[] }[];
  };
  expect(sarif.version).toBe('2.1.0');
  expect(sarif.runs[0]!.results.length).toBeGreaterThan(0);
});

it('lets pass what the baseline accepts, and what has no errors', () => {
  const found = [...gate(openRelay).stdout.matchAll(/\[([a-z-]+)\]$/gm)].map((match) => match[1]);
  writeFileSync(join(place, 'accepted.json'), JSON.stringify(found));
  expect(gate(openRelay, '--baseline', 'accepted.json').status).toBe(0);
  expect(gate(closed).status).toBe(0);
});

it('says so when there is nothing to audit', () => {
  expect(gate(join(place, 'nowhere')).status).toBe(2);
});

it('works from a plain shell with the command', () => {
  const bin = join(place, 'bin');
  mkdirSync(bin);
  const program = join(import.meta.dirname, '../../../packages/cli/src/main.ts');
  writeFileSync(
    join(bin, 'postern'),
    `#!/bin/sh\nexec "${process.execPath}" ${source.join(' ')} "${program}" "$@"\n`,
    { mode: 0o755 },
  );
  symlinkSync(join(import.meta.dirname, '../gate.sh'), join(place, 'gate.sh'));
  const run = (folder: string): ReturnType<typeof spawnSync> =>
    spawnSync('sh', ['gate.sh', folder], {
      cwd: place,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
    });
  const { status, stdout } = run(openRelay);
  expect({ status, stdout }).toEqual({ status: 1, stdout: `${openRelay}: findings, see postern.sarif\n` });
  expect(JSON.parse(readFileSync(join(place, 'postern.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
  expect(run(join(place, 'nowhere')).status).toBeGreaterThan(1);
});

it('is a workflow that can be read', () => {
  const workflow = parse(readFileSync(join(import.meta.dirname, '../github-action.yml'), 'utf8')) as {
    jobs: { audit: { steps: { run?: string }[] } };
  };
  expect(workflow.jobs.audit.steps.some(({ run }) => run?.startsWith('postern audit'))).toBe(true);
});
