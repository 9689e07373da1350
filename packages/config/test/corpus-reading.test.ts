import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { corpusDirectory, describeWith } from '@postern/testbed';
import {
  effective,
  parseMain,
  parseMaster,
  serviceLines,
  serviceParameters,
  syntaxProblems,
  validate,
} from '../src/index.ts';
import { bracesOff, inParallel, PostconfFolder, settingsIn, spaced } from './real-postconf.ts';

interface CorpusFile {
  readonly kind: 'main' | 'master';
  readonly file: string;
}

const needs = ['corpus', 'postconf'] as const;
const version = '3.7.11';

describeWith(needs, 'real main.cf files', () => {
  const files = corpus('main');
  const results = new Map<string, Awaited<ReturnType<typeof compareMain>>>();
  beforeAll(async () => {
    const defaults = await hostDefaults();
    await inParallel(files, async (file) => void results.set(file, await compareMain(file, defaults)));
  });

  it('have the values that postconf -n reads', () => {
    const differences = [...results]
      .filter(([, { raw }]) => raw.length > 0)
      .map(([file, { raw }]) => [file, raw]);
    expect(differences).toEqual([]);
    expect([...results.values()].reduce((count, { compared }) => count + compared, 0)).toBeGreaterThan(4000);
  });

  it('have the expanded values that postconf -nx prints', () => {
    expect([...results].flatMap(([file, { expanded }]) => expanded.map((one) => [file, one]))).toEqual([]);
  });

  it('are refused where postconf refuses them, on the same line', () => {
    expect(
      [...results].flatMap(([file, { verdict }]) => (verdict === undefined ? [] : [[file, verdict]])),
    ).toEqual([]);
    expect([...results.values()].filter(({ refused }) => refused).length).toBeGreaterThan(1);
  });
});

describeWith(needs, 'real master.cf files', () => {
  const files = corpus('master');
  const results = new Map<string, Awaited<ReturnType<typeof compareMaster>>>();
  beforeAll(async () => {
    await inParallel(files, async (file) => void results.set(file, await compareMaster(file)));
  });

  it('have the services that postconf -M reads', () => {
    expect([...results].flatMap(([file, { lines }]) => lines.map((line) => [file, line]))).toEqual([]);
  });

  it('have the overrides that postconf -P reads', () => {
    expect([...results].flatMap(([file, { overrides }]) => overrides.map((line) => [file, line]))).toEqual(
      [],
    );
  });

  it('are refused where postconf refuses them, on the same line', () => {
    expect(
      [...results].flatMap(([file, { verdict }]) => (verdict === undefined ? [] : [[file, verdict]])),
    ).toEqual([]);
    expect([...results.values()].filter(({ refused }) => refused).length).toBeGreaterThan(1);
  });
});

function corpus(kind: CorpusFile['kind']): string[] {
  try {
    const index = JSON.parse(readFileSync(join(corpusDirectory, 'index.json'), 'utf8')) as CorpusFile[];
    return index.filter((entry) => entry.kind === kind).map(({ file }) => file);
  } catch {
    return [];
  }
}

/** The file as Latin-1: one character a byte, as postconf's output is read. */
function read(file: string): string {
  return readFileSync(join(corpusDirectory, file), 'latin1');
}

async function hostDefaults(): Promise<Record<string, string>> {
  using folder = new PostconfFolder();
  const defaults = Object.fromEntries(settingsIn(await folder.write('').run('-d')));
  // It ends in a blank, which postconf does not print at the end of a line.
  return { ...defaults, mynetworks: `${defaults['mynetworks']} ` };
}

async function compareMain(file: string, defaults: Record<string, string>) {
  const text = read(file);
  using folder = new PostconfFolder();
  folder.write(Buffer.from(text, 'latin1'));
  const real = await folder.run('-n');
  const tree = parseMain(text);
  const none = { raw: [], expanded: [], compared: 0 };
  const errors = syntaxProblems(tree).filter(
    ({ level, code }) => level === 'error' && code !== 'indented-start',
  );
  if (real.status !== 0) {
    const fatal = real.complaints.find(({ level }) => level === 'fatal')!.text;
    const range = /line (\d+)(?:-(\d+))?: /.exec(fatal);
    const hit = errors.some(
      ({ at }) => range && at.line >= Number(range[1]) && at.line <= Number(range[2] ?? range[1]),
    );
    const macro =
      fatal.includes('macro processing') &&
      effective({ main: tree, version, hostname: hostname(), defaults }).problems.length > 0;
    return { ...none, refused: true, verdict: hit || macro ? undefined : { fatal, errors } };
  }
  const verdict = errors.length > 0 ? { errors } : undefined;
  const ours = effective({
    main: tree,
    version,
    hostname: hostname(),
    defaults: { ...defaults, config_directory: folder.path },
  });
  const set = settingsIn(real);
  set.delete('config_directory');
  const raw = [...set].filter(([name, value]) => spaced(ours.get(name)?.raw ?? '(unset)') !== value);
  const expandedRun = await folder.run('-nx');
  const expandedSet = settingsIn(expandedRun);
  expandedSet.delete('config_directory');
  const expanded = [...expandedSet]
    .filter(
      ([name, value]) =>
        withoutPid(name, spaced(ours.get(name)?.value ?? '(none)')) !== withoutPid(name, value),
    )
    .map(([name, value]) => ({ name, theirs: value, ours: ours.get(name)?.value }));
  return { raw, expanded, compared: set.size, refused: false, verdict };
}

/** The number of the process that postconf ran as stands in $process_id. */
function withoutPid(name: string, value: string): string {
  return name === 'debugger_command' ? value.replaceAll(/\d+/g, 'N') : value;
}

async function compareMaster(file: string) {
  const text = read(file);
  using folder = new PostconfFolder();
  folder.write('compatibility_level = 3.6\n', Buffer.from(text, 'latin1'));
  const real = await folder.run('-M');
  const tree = parseMaster(text);
  const none = { lines: [], overrides: [] };
  const errors = syntaxProblems(tree).filter(
    ({ code }) => code === 'too-few-fields' || code === 'unknown-service-type',
  );
  if (real.status !== 0) {
    const fatal = real.complaints.find(({ level }) => level === 'fatal')!.text;
    const line = Number(/line (\d+): /.exec(fatal)?.[1]);
    // A bad field is told with the entry's text, not with its line.
    const entry = /in "(.*)"$/.exec(fatal)?.[1]?.slice(0, 20);
    const all = validate({ main: parseMain(''), master: tree, version }).filter(
      ({ level }) => level === 'error',
    );
    const hit = Number.isNaN(line)
      ? all.some(({ at }) => text.split('\n')[at.line - 1]!.startsWith(entry ?? '(none)'))
      : errors.some(({ at }) => at.line === line);
    const verdict = hit ? undefined : { fatal, errors };
    return { ...none, refused: true, verdict };
  }
  const ours = serviceLines(tree).map((line) => bracesOff(spaced(line)));
  const theirs = real.lines.map((line) => bracesOff(spaced(line)));
  const params = (await folder.run('-P')).lines.map((line) => spaced(line)).toSorted();
  const lastOnly = new Map(
    serviceParameters(tree).map(({ service, name, value }) => [`${service}/${name}`, value]),
  );
  const ourParams = [...lastOnly].map(([key, value]) => spaced(`${key} = ${value}`)).toSorted();
  return {
    lines: difference(ours, theirs),
    overrides: difference(ourParams, [...new Set(params)]),
    refused: false,
    verdict: errors.length > 0 ? { errors } : undefined,
  };
}

function difference(
  ours: readonly string[],
  theirs: readonly string[],
): { ours?: string; theirs?: string }[] {
  const longer = Math.max(ours.length, theirs.length);
  return Array.from({ length: longer }, (_, at) => ({ ours: ours[at]!, theirs: theirs[at]! })).filter(
    (pair) => pair.ours !== pair.theirs,
  );
}
