import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  diff,
  merge,
  parseMain,
  parseMaster,
  printMain,
  printMaster,
  treeFromJson,
  visit,
} from '../src/index.ts';

describe('diff', () => {
  it('does not see comments, order, spacing, or a value that is overridden', () => {
    const a = parseMain('# x\nmydestination = a, b\nrelayhost = r\nmyorigin = old\nmyorigin = o\n');
    const b = parseMain('relayhost=r\n\nmyorigin = o\nmydestination =\n    a\n# why\n    b\n');
    expect(diff(a, b)).toEqual([]);
  });

  it('sees what changed, went and came', () => {
    expect(diff(parseMain('a = 1\nb = 2\n'), parseMain('c = 3\na = 9\n'))).toEqual([
      { type: 'parameter', name: 'a', before: '1', after: '9' },
      { type: 'parameter', name: 'b', before: '2' },
      { type: 'parameter', name: 'c', after: '3' },
    ]);
    // In a text the commas count, in a list the order does.
    expect(diff(parseMain('smtpd_banner = a, b'), parseMain('smtpd_banner = a b'))).toHaveLength(1);
    expect(diff(parseMain('mydestination = a, b'), parseMain('mydestination = b, a'))).toHaveLength(1);
  });

  it('tells the columns, overrides and arguments of services apart', () => {
    const a = parseMaster('x inet n - y - - smtpd -o a=1 -o b=2\ny unix - - n - - pipe argv=p\n');
    const b = parseMaster(
      'x inet n - n - 5 smtpd\n  -o { b = 2 } -o c=3\ny unix - - n - - pipe argv=q\nz unix - - n - - bounce\n',
    );
    expect(diff(a, b)).toEqual([
      { type: 'column', service: 'x/inet', column: 'chroot', before: true, after: false },
      { type: 'column', service: 'x/inet', column: 'maxproc', after: 5 },
      { type: 'option', service: 'x/inet', name: 'a', before: '1' },
      { type: 'option', service: 'x/inet', name: 'c', after: '3' },
      { type: 'arguments', service: 'y/unix', before: ['argv=p'], after: ['argv=q'] },
      {
        type: 'service',
        service: 'z/unix',
        after: { name: 'z', type: 'unix', chroot: false, command: 'bounce', options: [], arguments: [] },
      },
    ]);
  });
});

describe('merge', () => {
  const base =
    '# Debian\nsmtpd_banner = $myhostname ESMTP\nbiff = no\nmyhostname = a\nalias_maps = hash:/etc/aliases\n';

  it('takes their changes into our text and keeps our comments', () => {
    const ours = base.replace('myhostname = a', '# named after the hill\nmyhostname = hill.example.com');
    const theirs = base.replace('hash:', 'lmdb:').replace('biff = no\n', '') + 'compatibility_level = 3.6\n';
    const { tree, conflicts, taken } = merge(parseMain(base), parseMain(ours), parseMain(theirs));
    expect(conflicts).toEqual([]);
    expect(taken.map((difference) => 'name' in difference && difference.name)).toEqual([
      'biff',
      'alias_maps',
      'compatibility_level',
    ]);
    expect(printMain(tree)).toBe(
      '# Debian\nsmtpd_banner = $myhostname ESMTP\n# named after the hill\nmyhostname = hill.example.com\n' +
        'alias_maps = lmdb:/etc/aliases\ncompatibility_level = 3.6\n',
    );
  });

  it('reports what both changed, leaves ours, and does not count what both did alike', () => {
    const ours = base.replace('biff = no', 'biff = yes').replace('hash:', 'lmdb:');
    const theirs = base.replace('biff = no\n', '').replace('hash:', 'lmdb:');
    const { tree, conflicts } = merge(parseMain(base), parseMain(ours), parseMain(theirs));
    expect(printMain(tree)).toBe(ours);
    expect(conflicts).toEqual([
      {
        ours: { type: 'parameter', name: 'biff', before: 'no', after: 'yes' },
        theirs: { type: 'parameter', name: 'biff', before: 'no' },
      },
    ]);
  });

  it('merges services field by field', () => {
    const before = 'smtp      inet  n       -       y       -       -       smtpd\n  -o a=1\n';
    const ours = before.replace('a=1', 'a=2');
    const theirs = `${before.replace('-       y', '-       n')}  -o b=1\nnew unix - - n - - bounce\n`;
    const { tree, conflicts } = merge(parseMaster(before), parseMaster(ours), parseMaster(theirs));
    expect(conflicts).toEqual([]);
    expect(printMaster(tree)).toBe(
      'smtp      inet  n       -       n       -       -       smtpd\n  -o a=2\n  -o b=1\n' +
        'new       unix  -       -       n       -       -       bounce\n',
    );
    const removed = merge(parseMaster(before), parseMaster(ours), parseMaster(''));
    expect(removed.conflicts).toHaveLength(1);
    expect(printMaster(removed.tree)).toBe(ours);
  });

  it('is their meaning when we changed nothing, and ours when they did not', () => {
    const file = fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('1', '2', 'x y', '')), {
        selector: ([name]) => name,
      })
      .map((lines) => parseMain(lines.map(([name, value]) => `${name} = ${value}\n`).join('')));
    fc.assert(
      fc.property(file, file, (one, other) => {
        expect(diff(merge(one, one, other).tree, other)).toEqual([]);
        expect(merge(one, other, one).tree).toBe(other);
      }),
    );
  });
});

describe('JSON', () => {
  it('carries a tree there and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [tree, print] of [
          [parseMain(text), printMain],
          [parseMaster(text), printMaster],
        ] as const) {
          const back = treeFromJson(JSON.parse(JSON.stringify(tree)));
          expect('tree' in back && (print as (one: unknown) => string)(back.tree)).toBe(text);
        }
      }),
    );
  });

  it.each([
    [undefined, 'a tree has a type and entries'],
    [{ type: 'main.cf', entries: [] }, 'the type of a tree is main-cf or master-cf'],
    [{ type: 'main-cf', entries: [{ type: 'blank' }] }, 'entries[0]: an entry has a text'],
    [
      { type: 'main-cf', entries: [{ type: 'blank', text: '\n' }] },
      'entries[0]: an entry has a range of two whole numbers',
    ],
    [
      {
        type: 'main-cf',
        entries: [{ type: 'parameter', name: 'b', text: 'a = 1', range: { start: 0, end: 5 } }],
      },
      'entries[0]: its name must be "a", by its text',
    ],
    [
      {
        type: 'main-cf',
        entries: [{ type: 'parameter', name: 'a', text: 'a = 1\nb = 2', range: { start: 0, end: 9 } }],
      },
      'entries[0]: its text is not one entry',
    ],
  ])('refuses %j', (data, problem) => {
    expect(treeFromJson(data)).toEqual({ problem });
  });
});

describe('visit', () => {
  const seen = (text: string, answer?: 'skip' | 'stop'): string[] => {
    const nodes: string[] = [];
    visit(parseMain(text), {
      parameter: ({ name }) => {
        nodes.push(name);
        return name === 'b' ? answer : undefined;
      },
      comment: () => void nodes.push('#'),
      reference: ({ name, from, entry, range }) => {
        nodes.push(`${from}→${name}`);
        expect(entry.text.slice(range.start, range.end)).toBe(name);
      },
    });
    return nodes;
  };

  it('goes through entries and the names in their values', () => {
    const text = '# x\na = $u,\n# y\n  ${v?$w}\nb = $x\nc = $y\n';
    expect(seen(text)).toEqual(['#', 'a', 'a→u', 'a→v', 'a→w', 'b', 'b→x', 'c', 'c→y']);
    expect(seen(text, 'skip')).toEqual(['#', 'a', 'a→u', 'a→v', 'a→w', 'b', 'c', 'c→y']);
    expect(seen(text, 'stop')).toEqual(['#', 'a', 'a→u', 'a→v', 'a→w', 'b']);
  });

  it('goes through the arguments of services', () => {
    const nodes: string[] = [];
    visit(parseMaster('x inet n - y - - smtpd -v\n -o a=$b c\n'), {
      service: ({ name }) => void nodes.push(name),
      argument: (argument) => void nodes.push(argument.type),
      reference: ({ from, name }) => void nodes.push(`${from}→${name}`),
    });
    expect(nodes).toEqual(['x', 'flag', 'option', 'a→b', 'argument']);
  });
});
