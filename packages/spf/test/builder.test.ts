import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSpf, spf, SpfBuildError, type Qualifier, type SpfBuilder } from '@postern/spf';

describe('the builder', () => {
  it('writes the terms in the order of the calls', () => {
    expect(String(spf().mx().a().ip4('88.99.100.10').all('-'))).toBe('v=spf1 mx a ip4:88.99.100.10 -all');
    expect(
      spf()
        .a({ domain: 'web.example.com', prefix4: 24, prefix6: 64, qualifier: '?' })
        .include('_spf.example.net')
        .redirect('x.example.org').text,
    ).toBe('v=spf1 ?a:web.example.com/24//64 include:_spf.example.net redirect=x.example.org');
    expect(spf().exp('why.example.com').exists('%{ir}._spf.%{d}').all('~').text).toBe(
      'v=spf1 exists:%{ir}._spf.%{d} ~all exp=why.example.com',
    );
    expect(spf().ip6('2001:DB8:0:0::1').end().text).toBe('v=spf1 ip6:2001:db8::1');
  });

  it('clears host bits', () => {
    expect(spf().ip4('192.0.2.77/24').ip6('2001:db8::1/32').end().text).toBe(
      'v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32',
    );
  });

  it('leaves a builder as it was when it goes on', () => {
    const start = spf().mx();
    start.a();
    expect(start.all('-').text).toBe('v=spf1 mx -all');
  });

  it.each([
    [() => spf().ip4('1.2.3'), 'bad-address', /192\.0\.2/],
    [() => spf().ip4('2001:db8::1'), 'bad-address', /IPv4/],
    [() => spf().ip4('1.2.3.4/33'), 'bad-prefix', /0 to 32/],
    [() => spf().ip4('1.2.3.4/08'), 'bad-prefix', /0 to 32/],
    [() => spf().ip6('::1/129'), 'bad-prefix', /0 to 128/],
    [() => spf().a({ prefix4: 1.5 }), 'bad-prefix', /0 to 32/],
    [() => spf().include('com'), 'bad-domain', /full domain/],
    [() => spf().include('x.org all'), 'bad-domain', /U\+0020/],
    [() => spf().include(''), 'bad-domain', /empty/],
    [() => spf().exists('%{z}.x.org'), 'bad-domain', /%\{z\}/],
    [() => (spf().exp('a.example.com') as SpfBuilder).exp('b.example.com'), 'bad-explanation', /second/],
    [
      () => Array.from({ length: 11 }).reduce<SpfBuilder>((builder) => builder.a(), spf()),
      'too-many-lookups',
      /eleventh/,
    ],
  ])('refuses %s: %s', (build, code, message) => {
    let caught: unknown;
    try {
      build();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SpfBuildError);
    expect((caught as SpfBuildError).code).toBe(code);
    expect((caught as SpfBuildError).message).toMatch(message);
  });

  it('takes ten terms that need a lookup', () => {
    expect(
      Array.from({ length: 10 })
        .reduce<SpfBuilder>((builder) => builder.mx(), spf())
        .all('-').record.problems,
    ).toEqual([]);
  });

  it('never builds an invalid record, whatever it is given', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'x.org',
        '%{d}',
        '1.2.3.4',
        '::1',
        '1.2.3.0/24',
        'x.org -all',
        'x.org/24',
        '%',
        'ip4:1.2.3.4',
      ),
    );
    const number = fc.oneof(fc.integer({ min: -1, max: 130 }), fc.double());
    const call = fc.tuple(
      fc.constantFrom('a', 'mx', 'ip4', 'ip6', 'include', 'exists', 'exp'),
      text,
      number,
      fc.constantFrom('+', '-', '~', '?', 'x'),
    );
    const outcome = fc.check(
      fc.property(fc.array(call, { maxLength: 12 }), (calls) => {
        try {
          let builder = spf();
          for (const [name, value, prefix4, qualifier] of calls) {
            const options = { qualifier: qualifier as Qualifier };
            if (name === 'a' || name === 'mx')
              builder = builder[name]({ ...options, domain: value, prefix4 });
            else if (name === 'exp') builder = builder.exp(value) as SpfBuilder;
            else builder = builder[name as 'ip4'](value, options);
          }
          return parseSpf(builder.all('-').text).problems.length === 0;
        } catch (error) {
          return error instanceof SpfBuildError || error instanceof TypeError;
        }
      }),
      { numRuns: 3000 },
    );
    expect(outcome.counterexample).toBeNull();
  });

  it('holds its order by types', () => {
    // @ts-expect-error nothing goes after `all`
    expect(() => spf().all('-').mx()).toThrow(TypeError);
    // @ts-expect-error a record has one exp
    expect(() => spf().exp('a.example.com').exp('b.example.com')).toThrow(SpfBuildError);
    // @ts-expect-error there are four qualifiers
    expect(() => spf().all('!')).toThrow(TypeError);
  });
});
