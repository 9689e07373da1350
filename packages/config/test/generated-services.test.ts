import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import {
  parseMaster,
  printMaster,
  serviceLines,
  serviceParameters,
  syntaxProblems,
  type MasterCf,
  type Problem,
} from '../src/index.ts';
import { bracesOff, inParallel, latin1, PostconfFolder, spaced } from './real-postconf.ts';

/** Generated services that are held against the real postconf; each file carries many of them. */
const cases = Number(process.env['POSTERN_CASES'] ?? 4000);
const servicesInFile = 100;

const main = 'compatibility_level = 3.6\n';

/** What parts two fields, with what Postfix skips between two lines. */
const gap = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(' ', '\t', '   ') },
  fc.constantFrom('\n ', '\r\n\t', '\n# comment\n  ', '\n\n ', '\n   # { indented\n\t', '  \r\n#\r\n '),
);

const name = fc.constantFrom('mail_name', 'x', 'user_defined', 'smtpd_banner', 'é');
const word = fc.constantFrom(
  'a',
  'b=c',
  '$myhostname',
  '=',
  'flags=DRhu',
  '#x',
  '"q"',
  'hash:/etc/x',
  'é',
  'a{b',
  'c}',
);
const blank = fc.constantFrom('', ' ', '\t');
const words = fc.array(word, { maxLength: 3 }).map((parts) => parts.join(' '));
const even = words.map((text) => text.replaceAll(/[{}]/g, ''));

const setting = fc.tuple(name, blank, blank, even).map(([key, a, b, text]) => `${key}${a}=${b}${text}`);

/** Not a `-` alone: behind it postconf 3.7.11 prints what its memory holds. */
const option = fc.oneof(
  fc.tuple(name, word).map(([key, text]) => `-o ${key}=${text.replaceAll(/[{}]/g, '')}`),
  fc.tuple(name, gap).map(([key, space]) => `-o${space}${key}=yes`),
  name.map((key) => `-o${key}=attached`),
  fc.tuple(gap, blank, setting, blank).map(([space, a, text, b]) => `-o${space}{${a}${text}${b}}`),
  fc.tuple(name, even).map(([key, text]) => `-o ${key}={${text}}`),
  fc.constantFrom('-v', '-vv', '-vo mail_name=y', '-D', '-s 1'),
);

const argument = fc.oneof(
  word.map((text) => text.replaceAll(/[{}]/g, '') || 'x'),
  even.map((text) => `{ ${text}x }`),
  fc.constantFrom('--', '-o', '-v', 'a{b c}d', '{{a}}', '{a} {b c}'),
);

const service = fc
  .tuple(
    fc.constantFrom('unix', 'fifo', 'pass', 'unix-dgram'),
    fc.array(fc.constantFrom('y', 'n', '-'), { minLength: 3, maxLength: 3 }),
    fc.constantFrom('-', '0', '5', '300?'),
    fc.constantFrom('-', '0', '17'),
    fc.array(fc.tuple(gap, option), { maxLength: 4 }),
    fc.array(fc.tuple(gap, argument), { maxLength: 3 }),
    fc.array(gap, { minLength: 7, maxLength: 7 }),
    fc.constantFrom('\n', '\r\n', ' \n', '\n# after\n', '\n\n'),
  )
  .map(([type, flags, wakeup, limit, options, rest, gaps, end]) => {
    const fields = [type, ...flags, wakeup, limit, 'program'];
    const columns = fields.map((field, at) => `${gaps[at]}${field}`).join('');
    return `${columns}${[...options, ...rest].flat().join('')}${end}`;
  });

describeWith(['postconf'], 'generated services', () => {
  it(`are the services and overrides that postconf -M and -P print (${cases} services)`, async () => {
    const tails = fc.sample(service, { numRuns: cases, seed: 20_260_903 });
    const files = Array.from({ length: Math.ceil(cases / servicesInFile) }, (_, at) =>
      tails
        .slice(at * servicesInFile, (at + 1) * servicesInFile)
        .map((tail, number) => `s${number}${tail}`)
        .join(''),
    );
    const differences: unknown[] = [];
    let compared = 0;
    let overrides = 0;
    await inParallel(files, async (text) => {
      using folder = new PostconfFolder();
      folder.write(main, text);
      const tree = parseMaster(text);
      expect(printMaster(tree)).toBe(text);
      const real = { lines: await folder.run('-M'), parameters: await folder.run('-P') };
      if (real.lines.status !== 0) throw new Error(JSON.stringify(real.lines.complaints));
      const theirs = real.lines.lines.map((line) => spaced(bracesOff(line)));
      const ours = serviceLines(tree).map((line) => spaced(bracesOff(latin1(line))));
      compared += theirs.length;
      const pairs = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, at) => [
        ours[at],
        theirs[at],
      ]);
      differences.push(...pairs.filter(([mine, other]) => mine !== other));
      const listed = real.parameters.lines.map((line) => spaced(line)).toSorted();
      const mine = parametersOf(tree);
      overrides += mine.length;
      differences.push(
        ...mine.filter((line) => !listed.includes(line)).map((line) => ({ onlyOurs: line })),
        ...listed.filter((line) => !mine.includes(line)).map((line) => ({ onlyTheirs: line })),
      );
    });
    expect(differences).toEqual([]);
    expect(compared).toBe(cases);
    expect(overrides).toBeGreaterThan(cases / 2);
  }, 120_000);

  it('are refused where postconf refuses them, on the same line', async () => {
    const line = fc.constantFrom(
      'a unix - - - - - program',
      'b inet n - n - - smtpd -o x=y',
      'c unix - - - - -',
      'd',
      'e tcp - - - - - program',
      'f unix - - - -\n  - program',
      '  indented',
      '# comment',
      '',
      'g unix - -\n# comment\n - - - ',
    );
    const texts = [
      ...new Set(
        fc.sample(
          fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `${lines.join('\n')}\n`),
          { numRuns: 120, seed: 5 },
        ),
      ),
    ];
    const differences: unknown[] = [];
    const verdicts = { refused: 0, accepted: 0 };
    await inParallel(texts, async (text) => {
      using folder = new PostconfFolder();
      const real = await folder.write(main, text).run('-M');
      const errors = syntaxProblems(parseMaster(text)).filter(({ code }) => code !== 'indented-start');
      verdicts[real.status === 0 ? 'accepted' : 'refused']++;
      const fatal = real.complaints.find(({ level }) => level === 'fatal')?.text;
      differences.push(
        ...(real.status === 0
          ? errors
          : fatal !== undefined && isTold(fatal, text, errors[0])
            ? []
            : [{ text, fatal, errors }]),
      );
    });
    expect(differences).toEqual([]);
    expect(Math.min(verdicts.refused, verdicts.accepted)).toBeGreaterThan(10);
  }, 120_000);
});

/** Whether postconf and we stop at the same entry: it names its line, or for a bad field the entry itself. */
function isTold(fatal: string, text: string, first: Problem | undefined): boolean {
  if (!first) return false;
  const lines = /line (\d+)(?:-(\d+))?: /.exec(fatal);
  if (lines) return first.at.line >= Number(lines[1]) && first.at.line <= Number(lines[2] ?? lines[1]);
  const entry = /in "(.*)"$/.exec(fatal)?.[1];
  return entry !== undefined && entry.startsWith(text.slice(first.range.start, first.range.end));
}

function parametersOf(tree: MasterCf): string[] {
  return serviceParameters(tree)
    .map(({ service: of, name: key, value }) => spaced(latin1(`${of}/${key} = ${value}`)))
    .toSorted();
}
