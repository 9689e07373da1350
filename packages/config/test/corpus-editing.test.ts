import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { corpusDirectory, describeWith } from '@postern/testbed';
import {
  decodeText,
  encodeText,
  findParameter,
  linesOf,
  parameter,
  parseMain,
  parseMaster,
  printMain,
  printMaster,
  putService,
  removeParameter,
  removeService,
  serviceLines,
  serviceOf,
  setParameter,
  setServiceOption,
  type MainCf,
  type ParameterEntry,
  type ServiceEntry,
} from '../src/index.ts';
import { inParallel, PostconfFolder, settingsIn } from './real-postconf.ts';

interface CorpusFile {
  readonly kind: 'main' | 'master';
  readonly file: string;
  readonly postconf_3_7_11: { readonly rc: number };
}

/** What went wrong, by file and edit; empty when all is well. */
interface Trouble {
  readonly file: string;
  readonly edit: string;
  readonly [detail: string]: unknown;
}

describeWith(['corpus', 'postconf'], 'edits of real main.cf files', () => {
  const trouble: Trouble[] = [];
  const withoutNewline: string[] = [];
  let edits = 0;
  beforeAll(async () => {
    await inParallel(accepted('main'), async (file) => {
      const text = read(file);
      const tree = parseMain(text);
      if (!text.endsWith('\n')) withoutNewline.push(file);
      using folder = new PostconfFolder();
      const before = settingsIn(await folder.write(encodeText(text)).run('-n'));
      for (const [edit, edited, name, value] of mainEdits(tree)) {
        edits++;
        const after = settingsIn(await folder.write(encodeText(printMain(edited))).run('-n'));
        const wanted = new Map(before);
        if (value === undefined) wanted.delete(name);
        else wanted.set(name, value);
        const wrong = mapDifference(wanted, after);
        if (wrong.length > 0) trouble.push({ file, edit, wrong });
        if (
          text !== '' &&
          printMain(edited).endsWith('\n') !== text.endsWith('\n') &&
          edit !== 'remove the last'
        ) {
          trouble.push({ file, edit, wrong: 'the final newline' });
        }
        const strangers = foreignLines(tree, edited, name);
        if (strangers.length > 0) trouble.push({ file, edit, strangers });
      }
    });
  });

  it('are read back by postconf as the change and nothing else, and leave all other lines alone', () => {
    expect(trouble).toEqual([]);
    expect(edits).toBeGreaterThan(400);
  });

  it('do not corrupt the files without a final newline, as postconf -e of 3.7.11 does', async () => {
    let corrupted = 0;
    for (const file of withoutNewline) {
      using folder = new PostconfFolder();
      const before = settingsIn(await folder.write(encodeText(read(file))).run('-n'));
      await folder.run('-e', 'mail_name = Edited');
      const past = new Date(Date.now() - 3_600_000);
      utimesSync(join(folder.path, 'main.cf'), past, past);
      const after = settingsIn(await folder.run('-n'));
      if (mapDifference(new Map(before).set('mail_name', 'Edited'), after).length > 0) corrupted++;
    }
    // Ours are among the edits above.
    expect(withoutNewline.length).toBeGreaterThan(3);
    expect(corrupted).toBe(withoutNewline.length);
  });
});

describeWith(['corpus', 'postconf'], 'edits of real master.cf files', () => {
  const trouble: Trouble[] = [];
  let edits = 0;
  beforeAll(async () => {
    await inParallel(accepted('master'), async (file) => {
      const text = read(file);
      const tree = parseMaster(text);
      const services = tree.entries.filter((entry) => entry.type === 'service');
      using folder = new PostconfFolder();
      for (const entry of [services[text.length % services.length]!]) {
        for (const [edit, edited] of masterEdits(tree, entry)) {
          edits++;
          const printed = printMaster(edited);
          const real = await folder.write('compatibility_level = 3.6\n', encodeText(printed)).run('-M');
          const theirs = real.lines.map((line) => line.replaceAll(/[{}]/g, '').replaceAll(/\s+/g, ' '));
          const ours = serviceLines(edited).map((line) =>
            Buffer.from(line.replaceAll(/[{}]/g, '').replaceAll(/[ \t\r\n]+/g, ' '), 'utf8').toString(
              'latin1',
            ),
          );
          if (JSON.stringify(theirs) !== JSON.stringify(ours)) trouble.push({ file, edit, theirs, ours });
          // Every other entry is the same object, and every comment line is still there, in order.
          const kept = tree.entries.filter((other) => new Set(edited.entries).has(other)).length;
          const own = services.filter(
            (other) => other.name === entry.name && other.serviceType === entry.serviceType,
          ).length;
          // A last line without a newline gets one when another service follows it.
          const grown = edit === 'add a service' ? (text.endsWith('\n') ? 0 : 1) : own;
          if (kept < tree.entries.length - grown) trouble.push({ file, edit, kept });
          if (comments(printed).join('') !== comments(text).join(''))
            trouble.push({ file, edit, comments: 'moved' });
        }
      }
    });
  });

  it('are read back by postconf as we read them, and keep other entries and all comments', () => {
    expect(trouble).toEqual([]);
    expect(edits).toBeGreaterThan(500);
  });
});

function accepted(kind: CorpusFile['kind']): string[] {
  try {
    const index = JSON.parse(readFileSync(join(corpusDirectory, 'index.json'), 'utf8')) as CorpusFile[];
    return index
      .filter((entry) => entry.kind === kind && entry.postconf_3_7_11.rc === 0)
      .map(({ file }) => file);
  } catch {
    return [];
  }
}

function read(file: string): string {
  return decodeText(readFileSync(join(corpusDirectory, file)));
}

type MainEdit = readonly [edit: string, tree: MainCf, name: string, value: string | undefined];

/** Each kind of edit, on parameters that postconf shows. */
function mainEdits(tree: MainCf): MainEdit[] {
  // Without its master.cf postconf does not know the limits of a transport.
  const set = tree.entries.filter((entry) => {
    if (entry.type !== 'parameter') return false;
    const info = parameter(entry.name, '3.7.11');
    return info !== undefined && info.perTransport === undefined;
  }) as ParameterEntry[];
  const multiline = set.find((entry) => linesOf(entry).length > 1 && !entry.text.includes('$'));
  const middle = set[set.length >> 1];
  const last = set.at(-1);
  const name = (entry: { readonly name: string }): string => entry.name;
  return [
    ['add', setParameter(tree, 'mail_name', 'Added'), 'mail_name', 'Added'],
    ...(middle ? [['set', setParameter(tree, name(middle), '7'), middle.name, '7'] as const] : []),
    ...(last
      ? [
          ['set the last', setParameter(tree, name(last), '8'), last.name, '8'] as const,
          ['remove the last', removeParameter(tree, last.name), last.name, undefined] as const,
        ]
      : []),
    ...(multiline ? [listEdit(setParameter(tree, name(multiline), ['9', '10']), multiline.name)] : []),
  ];
}

/** A list is read back in its own style: with or without commas. */
function listEdit(tree: MainCf, name: string): MainEdit {
  const { text } = findParameter(tree, name)!;
  return ['set a list', tree, name, `9${/9\s*,/.test(text) ? ',' : ''} 10${/10\s*,/.test(text) ? ',' : ''}`];
}

function* masterEdits(tree: ReturnType<typeof parseMaster>, entry: ServiceEntry) {
  const { name, serviceType: type } = entry;
  const service = serviceOf(
    tree.entries.findLast(
      (one): one is ServiceEntry => one.type === 'service' && one.name === name && one.serviceType === type,
    )!,
  );
  yield ['add an option', setServiceOption(tree, { name, type }, 'mail_name', 'x')] as const;
  yield ['add an option with blanks', setServiceOption(tree, { name, type }, 'mail_name', 'x y')] as const;
  const option = service.options.at(-1)?.name;
  if (option !== undefined) {
    yield ['set an option', setServiceOption(tree, { name, type }, option, 'changed')] as const;
    yield ['remove an option', setServiceOption(tree, { name, type }, option, null)] as const;
  }
  yield ['set a column', putService(tree, { ...service, maxproc: 77 })] as const;
  yield ['set the arguments', putService(tree, { ...service, arguments: ['-v', 'flags=x', 'a b'] })] as const;
  yield ['remove the service', removeService(tree, name, type)] as const;
  yield [
    'add a service',
    putService(tree, {
      name: 'added',
      type: 'unix',
      command: 'spawn',
      options: [{ name: 'x', value: 'y z' }],
      arguments: ['argv=/bin/x'],
    }),
  ] as const;
}

/** Lines of the new file that the old one has not, in the same order, outside the entries of the name. */
function foreignLines(before: MainCf, after: MainCf, name: string): string[] {
  const lines = (tree: MainCf): string[] =>
    tree.entries.flatMap((entry) =>
      (entry.type === 'parameter' && entry.name === name
        ? linesOf(entry).filter(({ kind }) => kind !== 'content')
        : linesOf(entry)
      ).map(({ text }) => text.replace(/\r?\n$/, '')),
    );
  const [old, now] = [lines(before), lines(after)];
  return old.join('\n') === now.join('\n') ? [] : now.filter((line, at) => line !== old[at]).slice(0, 3);
}

function comments(text: string): string[] {
  return linesOf({ text })
    .filter(({ kind }) => kind === 'comment')
    .map((line) => line.text.trimEnd());
}

function mapDifference(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((key) => wanted.get(key) !== found.get(key))
    .map((key) => `${key}: wanted ${wanted.get(key)}, found ${found.get(key)}`);
}
