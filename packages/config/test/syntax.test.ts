import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpusDirectory, describeWith } from '@postern/testbed';
import {
  layoutOf,
  linesOf,
  parseMain,
  parseMaster,
  printMain,
  printMaster,
  serviceOf,
  valueOf,
} from '../src/index.ts';

/** Text as hostile as a file can be: every UTF-16 unit, and often the characters that mean something. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\r',
        ' ',
        '\t',
        '\v',
        '\f',
        '=',
        '#',
        '$',
        '{',
        '}',
        '\0',
        '\uFEFF',
        '\u00A0',
        'a',
        'b',
        ',',
        '-o',
        '\uDCFF',
      ),
      { maxLength: 60 },
    )
    .map((pieces) => pieces.join('')),
);

describe('any text', () => {
  it('is printed back as it came', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printMain(parseMain(text))).toBe(text);
        expect(printMaster(parseMaster(text))).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('is covered by the ranges of the entries without a hole, and by their lines', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const { entries } of [parseMain(text), parseMaster(text)]) {
          let end = 0;
          for (const entry of entries) {
            expect(entry.range.start).toBe(end);
            expect(entry.text).toBe(text.slice(entry.range.start, entry.range.end));
            expect(
              linesOf(entry)
                .map((line) => line.text)
                .join(''),
            ).toBe(entry.text);
            end = entry.range.end;
          }
          expect(end).toBe(text.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('main.cf', () => {
  const read = (text: string): string[] =>
    parseMain(text).entries.map((entry) =>
      entry.type === 'parameter' ? `${entry.name}=${valueOf(entry)}` : entry.type,
    );

  it('joins continuation lines over comments and blank lines', () => {
    expect(read('a = 1,\n  # inner\n\n# outer\n\t2\nb=3\n')).toEqual(['a=1,\t2', 'b=3']);
  });

  it('leaves comments behind the last continuation to themselves', () => {
    expect(read('a = 1\n# x\n# y\n\n \n#z\nb = 2')).toEqual(['a=1', 'comment', 'blank', 'comment', 'b=2']);
  });

  it('takes # and quotes in a value for data', () => {
    expect(read('a = "b" # c\n')).toEqual(['a="b" # c']);
  });

  it('finds the = on a continuation line', () => {
    expect(read('a\n = 1\n')).toEqual(['a=1']);
  });

  it('keeps a BOM and an NBSP in the name', () => {
    expect(read('\uFEFFa\u00A0= 1')).toEqual(['\uFEFFa\u00A0=1']);
  });

  it('knows what Postfix drops and what it refuses', () => {
    const reasons = parseMain(' lost = 1\n  too\nb\n= 2\nc = 3\n').entries.map((entry) =>
      entry.type === 'stray' ? entry.reason : entry.type,
    );
    expect(reasons).toEqual(['indented-start', 'missing-equals', 'missing-name', 'parameter']);
  });

  it('stops reading a line at a NUL', () => {
    expect(read('a = 1\0 2\n 3\nb = 4\n')).toEqual(['a=1', 'b=4']);
  });
});

describe('a layout', () => {
  it('tells the places in an entry of any length as counting its lines does', () => {
    const entry = fc
      .array(fc.constantFrom('  a,\n', '# why\n', '\n', '\tlonger than the others,\r\n'), { maxLength: 300 })
      .map((lines) => `name = x\n${lines.join('')}  end\n`);
    fc.assert(
      fc.property(entry, fc.nat(), (text, at) => {
        const tree = parseMain(`first = 1\n${text}`);
        const place = Math.min(at % 4000, text.length);
        const before = text.slice(0, place).split('\n');
        const expected = { line: before.length + 1, column: before.at(-1)!.length + 1 };
        expect(layoutOf(tree).locate(tree.entries[1]!, place)).toEqual(expected);
      }),
    );
  });
});

describe('master.cf', () => {
  it('reads columns, overrides and arguments', () => {
    const text = [
      'smtp inet n - y 60? 100 smtpd -v',
      '  -o a=1 -ob=2 -vo c=3',
      '# inner',
      '  -o { smtpd_banner = $myhostname ESMTP }',
      'x unix - n n - - pipe flags=DRhu user=v argv=/bin/x ${sender} { a b }',
    ].join('\n');
    const services = parseMaster(text).entries.flatMap((entry) =>
      entry.type === 'service' ? [serviceOf(entry)] : [],
    );
    expect(services).toEqual([
      {
        name: 'smtp',
        type: 'inet',
        private: false,
        chroot: true,
        wakeup: { seconds: 60, ifUsed: true },
        maxproc: 100,
        command: 'smtpd',
        options: [
          { name: 'a', value: '1' },
          { name: 'b', value: '2' },
          { name: 'c', value: '3' },
          { name: 'smtpd_banner', value: '$myhostname ESMTP' },
        ],
        arguments: ['-v', '-v'],
      },
      {
        name: 'x',
        type: 'unix',
        unprivileged: false,
        chroot: false,
        command: 'pipe',
        options: [],
        arguments: ['flags=DRhu', 'user=v', 'argv=/bin/x', '${sender}', 'a b'],
      },
    ]);
  });

  it('knows a line with too few fields and one with another type', () => {
    const reasons = parseMaster('smtp inet n - - - - smtpd\n-o a=b\nx tcp n - - - - smtpd\n').entries.map(
      (entry) => (entry.type === 'stray' ? entry.reason : entry.type),
    );
    expect(reasons).toEqual(['service', 'too-few-fields', 'unknown-service-type']);
  });
});

describeWith(['corpus'], 'real files', () => {
  it('are printed back as they are', () => {
    const files = globSync(`${corpusDirectory}/{main,master}/*.cf`);
    expect(files.length).toBeGreaterThan(200);
    const changed = files.filter((file) => {
      const text = readFileSync(file, 'latin1');
      return printMain(parseMain(text)) !== text || printMaster(parseMaster(text)) !== text;
    });
    expect(changed).toEqual([]);
  });
});
