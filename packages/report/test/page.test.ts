import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bars, diffBlock, html, lines, page, table } from '../src/index.ts';

describe('html', () => {
  it('escapes text, keeps markup, joins lists and leaves out what is not there', () => {
    expect(html`<b title="${'"<'}">${['a&', html`<i>${1}</i>`, undefined, false]}</b>`.markup).toBe(
      '<b title="&quot;&lt;">a&amp;<i>1</i></b>',
    );
  });

  it('lets no text become markup, wherever it goes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const report = page({
          title: text,
          lead: text,
          footer: text,
          sections: [
            { title: text, body: table({ caption: text, head: [text], rows: [[text]] }) },
            { title: 'plots', body: [bars({ title: text, rows: [{ label: text, value: 1, text }] })] },
            {
              title: 'lines',
              body: lines({ title: text, x: text, y: text, series: [{ label: text, points: [[0, 1]] }] }),
            },
            { title: 'diff', body: diffBlock(text) },
          ],
        });
        const plain = page({ title: '', sections: [] });
        // The only tags are ours: count those that hostile text would bring.
        expect(report).not.toMatch(/<(?:script|img|iframe|object|style on|a onclick)/i);
        expect(report.split('<style>').length).toBe(plain.split('<style>').length);
        expect([...report.matchAll(/<title>[^<]*<\/title>/g)]).toHaveLength(3);
      }),
    );
    const attack = '"><script>alert(1)</script>';
    expect(page({ title: attack, sections: [{ title: attack, body: attack }] })).not.toContain('<script');
  });
});

describe('page', () => {
  it('leaves out empty sections and lists the others where there are many', () => {
    const few = page({
      title: 'T',
      sections: [
        { title: 'Full', body: 'x' },
        { title: 'Empty', body: '' },
      ],
    });
    expect(few).toContain('<h2>Full</h2>');
    expect(few).not.toContain('Empty');
    expect(few).not.toContain('<nav>');
    const many = page({
      title: 'T',
      sections: ['a', 'b', 'c', 'd'].map((title) => ({ title, body: title })),
    });
    expect(many).toContain('<a href="#s4">d</a>');
    expect(many).toContain('<section id="s4"><h2>d</h2>');
  });

  it('asks for nothing from outside', () => {
    const report = page({
      title: 'T',
      sections: [{ title: 'a', body: bars({ title: 'b', rows: [{ label: 'c', value: 1 }] }) }],
    });
    expect(report).toContain(`content="default-src 'none'`);
    expect(report.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src="/);
  });
});

describe('plots', () => {
  const widths = (markup: string): number[] =>
    [...markup.matchAll(/class="bar[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('draws bars as long as their values, on either scale', () => {
    const rows = [
      { label: 'a', value: 100 },
      { label: 'b', value: 50 },
      { label: 'c', value: 0 },
    ];
    expect(widths(bars({ title: 't', rows }).markup)).toEqual([350, 175, 0]);
    expect(widths(bars({ title: 't', rows, most: 200 }).markup)).toEqual([175, 87.5, 0]);
    const [first, second, third] = widths(
      bars({
        title: 't',
        scale: 'log',
        rows: [
          { label: 'a', value: 1000 },
          { label: 'b', value: 100 },
          { label: 'c', value: 10 },
        ],
      }).markup,
    );
    expect(first! - second!).toBeCloseTo(second! - third!, 0);
  });

  it('draws values that no scale holds without a NaN', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { maxLength: 6 }),
        fc.constantFrom('linear' as const, 'log' as const),
        (values, scale) => {
          const markup = [
            bars({ title: 't', scale, rows: values.map((value) => ({ label: 'x', value, text: 'x' })) })
              .markup,
            lines({
              title: 't',
              x: 'x',
              y: 'y',
              series: [{ label: 'l', points: values.map((value, index) => [index, value]) }],
            }).markup,
          ].join('');
          expect(markup).not.toMatch(/="[^"]*(?:NaN|Infinity)/);
        },
      ),
    );
  });

  it('is nothing where there is nothing to show', () => {
    expect(bars({ title: 't', rows: [] }).markup).toBe('');
    expect(lines({ title: 't', x: '', y: '', series: [] }).markup).toBe('');
    expect(table({ rows: [] }).markup).toBe('');
    expect(diffBlock('').markup).toBe('');
  });
});

describe('diffBlock', () => {
  it('marks what goes and what comes', () => {
    expect(diffBlock('--- a\n+++ b\n-old <x>\n+new\n same\n').markup).toBe(
      '<pre><code><span class="dim">--- a</span>\n<span class="dim">+++ b</span>\n<del>-old &lt;x&gt;</del>\n<ins>+new</ins>\n same\n</code></pre>\n',
    );
  });
});
