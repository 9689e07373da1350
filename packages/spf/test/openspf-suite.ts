import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Zones } from '@postern/dns';
import { parseAllDocuments } from 'yaml';

/** One scenario of the suite: zones, and what checks of them must come to. */
export interface Scenario {
  readonly title: string;
  readonly zones: Zones;
  readonly tests: readonly {
    readonly name: string;
    readonly query: { readonly ip: string; readonly helo: string; readonly sender: string };
    readonly results: readonly string[];
    readonly explanation?: string;
  }[];
}

const inPackage = 'usr/share/doc/python3-spf/rfc7208-tests.yml.gz';

/**
 * The OpenSPF suite for RFC 7208 as Debian ships it: from where the package is installed, from an earlier
 * download, or fetched now; else the copy that mailauth's sources carry.
 *
 * @returns the scenarios; where there are none, what is `missing` says why
 */
export function openspfSuite(): { scenarios: Scenario[]; missing: string | undefined } {
  const text = installed() ?? downloaded() ?? fromMailauth();
  if (text !== undefined) return { scenarios: readSuite(text), missing: undefined };
  return { scenarios: [], missing: 'neither Debian’s python3-spf nor another copy of the suite can be had' };
}

function installed(): string | undefined {
  const file = join('/', inPackage);
  return existsSync(file) ? gunzipSync(readFileSync(file)).toString('utf8') : undefined;
}

function downloaded(): string | undefined {
  const cache = join(tmpdir(), 'postern-openspf-suite');
  const file = join(cache, inPackage);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), 'postern-openspf-'));
    try {
      const run = (command: string, ...args: string[]): boolean =>
        spawnSync(command, args, { cwd: folder, timeout: 60_000, stdio: 'ignore' }).status === 0;
      const fetched =
        run('apt-get', 'download', 'python3-spf') ||
        (run('apt-get', 'update') && run('apt-get', 'download', 'python3-spf'));
      const debian = fetched ? readdirSync(folder).find((name) => name.endsWith('.deb')) : undefined;
      if (!debian || !run('dpkg-deb', '-x', debian, 'content')) return undefined;
      const content = join(folder, 'content', inPackage);
      if (!existsSync(content)) return undefined;
      mkdirSync(dirname(file), { recursive: true });
      renameSync(content, file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return gunzipSync(readFileSync(file)).toString('utf8');
}

function fromMailauth(): string | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('mailauth/package.json'));
  const file = join(folder, 'test/fixtures/spf/rfc7208-tests.yml');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

interface RawScenario {
  description: string;
  tests: Record<
    string,
    { host: string; helo: string; mailfrom: string; result: string | string[]; explanation?: string }
  >;
  zonedata: Record<string, ('TIMEOUT' | Record<string, unknown>)[]>;
}

function readSuite(text: string): Scenario[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as RawScenario | null);
  return documents.flatMap((raw) => {
    if (!raw) return [];
    const zones = Object.fromEntries(
      Object.entries(raw.zonedata).map(([name, entries]) => [name, readZone(entries)]),
    );
    const tests = Object.entries(raw.tests).map(([name, { host, helo, mailfrom, result, explanation }]) => ({
      name,
      query: { ip: host, helo, sender: mailfrom },
      results: [result].flat(),
      ...(explanation === undefined ? {} : { explanation }),
    }));
    return [{ title: raw.description, zones, tests }];
  });
}

/** An SPF entry counts as TXT unless there is a TXT entry; a bare TIMEOUT is what every other type meets. */
function readZone(entries: readonly ('TIMEOUT' | Record<string, unknown>)[]): Record<string, unknown> {
  const zone: Record<string, unknown[] | 'TIMEOUT'> = {};
  const spf: unknown[] = [];
  let copies = true;
  let rest: 'TIMEOUT' | undefined;
  for (const entry of entries) {
    if (entry === 'TIMEOUT') {
      rest = entry;
      continue;
    }
    const [[type, value]] = Object.entries(entry) as [[string, unknown]];
    if (type === 'SPF') spf.push([value].flat());
    else if (type === 'TXT' && value === 'NONE') copies = false;
    else ((zone[type] ??= []) as unknown[]).push(readValue(type, value));
  }
  if (copies && !zone['TXT'] && spf.length > 0) zone['TXT'] = spf;
  if (rest) for (const type of ['TXT', 'A', 'AAAA', 'MX', 'PTR']) zone[type] ??= rest;
  return zone;
}

function readValue(type: string, value: unknown): unknown {
  if (type === 'TXT') return [value].flat();
  if (type !== 'MX') return String(value);
  const [preference, exchange] = value as [number, string];
  return { preference, exchange };
}
