import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand, referencesOf, type Expansion } from '../src/index.ts';
import { expressionPieces } from './expression-pieces.ts';

const parameters: Readonly<Record<string, string>> = {
  foo: 'bar',
  num: '12',
  empty: '',
  dollar: '$$x',
  chain: '<$foo>',
  a: '$b',
  b: '${c}',
  c: 'x$(a)',
};
const lookup = (name: string): string | undefined => parameters[name];
const value = (text: string, version = '3.7.11'): string | undefined => expand(text, lookup, version).value;
const fault = (text: string, version = '3.7.11'): string | undefined =>
  expand(text, lookup, version).problems[0]?.code;

// Each line was answered so by Postfix 3.7.11's postconf -x.
describe('expand', () => {
  it.each([
    ['$foo', 'bar'],
    ['${foo}$(foo)', 'barbar'],
    ['${ foo }', 'bar'],
    ['$$foo', '$foo'],
    ['x$foo.y', 'xbar.y'],
    ['${nope}', ''],
    ['${ }', ''],
    ['$chain', '<bar>'],
    ['$dollar', '$x'],
    ['${foo?a:b}', 'a:b'],
    ['${foo ? yes : no}', ' yes : no'],
    ['${foo:a:b}', ''],
    ['${empty:{n}}', 'n'],
    ['${empty?{y}:no way}', 'no way'],
    ['${foo? { yes } : { no } }', ' yes '],
    ['${foo?{}}', ''],
    ['${?x}', ''],
    ['${:x}', 'x'],
    ['$(foo?})', '}'],
    ['$(foo?$(num))', '12'],
    ['${{$foo} == {bar}}', 'true'],
    ['${{a}=={b}}', ''],
    ['${{$nope}=={}}', 'true'],
    ['${ {a} == {a} }', 'true'],
    ['${{ a}=={a}}', ''],
    ['${{3}<{12}?{num}:{str}}', 'num'],
    ['${{3}<{12a}?{num}:{str}}', 'str'],
    ['${{007}=={7}}', 'true'],
    ['${{}<{1}}', 'true'],
    ['${{3.2} <level {3.10} ? {y} : {n}}', 'y'],
    ['${{1} ==level {1.0}}', 'true'],
  ])('%s gives %j', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it.each([
    ['${}', 'macro-empty-name'],
    ['$', 'macro-empty-name'],
    ['$ x', 'macro-empty-name'],
    ['${foo', 'macro-unclosed'],
    ['${foo?$(num}', 'macro-unclosed'],
    ['${foo.bar}', 'macro-bad-name'],
    ['${foo$foo}', 'macro-bad-name'],
    ['${{a} =~ {b}}', 'macro-bad-expression'],
    ['${{a} == b}', 'macro-bad-expression'],
    ['${{a}=={a} x}', 'macro-bad-expression'],
    ['${foo?{a} b}', 'macro-bad-expression'],
    ['${foo?{a}:{b} c}', 'macro-bad-expression'],
    ['${{1} <Level {2}}', 'macro-bad-expression'],
    ['${{99999999999999999999}<{3}}', 'macro-bad-expression'],
    ['${{x} <level {1}}', 'macro-bad-level'],
    ['x$a', 'macro-recursion'],
  ])('%s is refused as %s', (text, code) => {
    expect(value(text)).toBeUndefined();
    expect(fault(text)).toBe(code);
  });

  it('tells the way round of a recursion', () => {
    expect(expand('x$a', lookup, '3.7.11').problems[0]).toMatchObject({
      message: 'a is defined by itself: a → b → c → a',
      path: ['a', 'b', 'c'],
      offset: 3,
    });
  });

  it('does not look at the branch that is not taken', () => {
    expect(value('${empty?$a}')).toBe('');
    expect(value('${foo:${}}')).toBe('');
  });

  it('follows as many levels as Postfix and no more', () => {
    const chain = (last: number) => (name: string) => {
      const number = Number(name.slice(1));
      return number === last ? 'end' : `$p${number + 1}`;
    };
    expect(expand('$p0', chain(99), '3.7.11').value).toBe('end');
    expect(expand('$p0', chain(100), '3.7.11').problems[0]?.code).toBe('macro-nesting');
    // The same when the inner ones are known already.
    expect(expand('$p50$p0', chain(100), '3.7.11').problems[0]?.code).toBe('macro-nesting');
  });

  it('reads as the version does', () => {
    expect(fault('${{a}=={a}}', '2.11.3')).toBe('macro-needs-version');
    expect(value('${foo?{a}:{b}}', '2.11.3')).toBe('{a}:{b}');
    expect(fault('${foo?{a}:{b}}', '2.11.3')).toBe('macro-needs-version');
    expect(value('${foo?a}', '2.11.3')).toBe('a');
    expect(value('${{1}<{2}}', '3.5.0')).toBe('true');
    expect(fault('${{1}<level{2}}', '3.5.0')).toBe('macro-needs-version');
  });

  it('reports the names that nobody defines', () => {
    expect(expand('$nope ${x?$y}', lookup, '3.7.11').undefinedNames).toEqual(['nope']);
    expect(referencesOf('$nope ${x?$y} ${{$l} < {2} ? {$t}}', '3.7.11').references).toEqual([
      { name: 'nope', offset: 1, use: 'value' },
      { name: 'x', offset: 8, use: 'test' },
      { name: 'y', offset: 11, use: 'value' },
      { name: 'l', offset: 18, use: 'value' },
      { name: 't', offset: 31, use: 'value' },
    ]);
  });

  it('never throws, whatever it is given', () => {
    const piece = fc.constantFrom(...expressionPieces, '<', 'level', 'foo', 'a', '\0');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom('2.11.0', '3.5.0', '3.7.11'),
        (pieces, version) => {
          const text = pieces.join('');
          expect(expand(text, lookup, version).problems.length <= 1 || version < '3').toBe(true);
          referencesOf(text, version);
        },
      ),
      { numRuns: 3000 },
    );
  });

  const padding = 'x'.repeat(2000);

  it('reads an expression alike in a short text and in a long one', () => {
    const piece = fc.constantFrom(
      '${',
      '$(',
      '{',
      '}',
      '(',
      ')',
      'foo',
      'none',
      '?',
      ':',
      '==',
      '<',
      ' ',
      'a',
      '$',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const text = pieces.join('');
        const [short, long] = [expand(text, lookup, '3.7.11'), expand(padding + text, lookup, '3.7.11')];
        expect(long.value).toBe(short.value === undefined ? undefined : padding + short.value);
        const places = ({ problems }: Expansion, before: number): unknown[] =>
          problems.map(({ code, path, offset }) => [code, path.length > 0 ? offset : offset - before]);
        expect(places(long, padding.length)).toEqual(places(short, 0));
      }),
      { numRuns: 3000 },
    );
  });

  it('gets through deep and long expressions', () => {
    const deep = 30_000;
    expect(fault('${'.repeat(deep))).toBe('macro-unclosed');
    expect(fault('${'.repeat(deep) + '}'.repeat(deep))).toBe('macro-bad-name');
    expect(fault('${foo?'.repeat(deep) + '}'.repeat(deep))).toBe('macro-nesting');
    expect(fault('${foo?{'.repeat(deep) + '}}'.repeat(deep))).toBe('macro-nesting');
    expect(fault('${{'.repeat(deep) + '}=={}}'.repeat(deep))).toBe('macro-nesting');
    expect(value('$foo'.repeat(deep))).toHaveLength(3 * deep);
    referencesOf('${foo?{'.repeat(deep) + '}}'.repeat(deep), '3.7.11');
  });

  it('stops at a value that doubles with each line', () => {
    const doubling = (name: string): string => {
      const next = Number(name.slice(1)) + 1;
      return next > 60 ? 'x' : `$p${next}$p${next}`;
    };
    const { value: none, problems } = expand('$p0', doubling, '3.7.11', { length: 1_000_000 });
    expect(none).toBeUndefined();
    expect(problems[0]?.code).toBe('macro-too-long');
  });
});
