import { audit, reportAudit, rules, toHtml, toMarkdown, toSarif } from '@postern/hardening';
import { describeWith, missing } from '@postern/testbed';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { readCorpus, type TextHost } from '../hosts.ts';

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 240_000 });

const runs = Number(process.env['POSTERN_HARDENING_RUNS'] ?? 150);
/** In ms; also of the search for the smallest input that fails, which has no other end. */
const longest = 150_000;
const corpus = missing('corpus') === undefined ? readCorpus() : [];

/** What happens to files: lines go, come twice, lose their indentation, swap, are cut short, and get strange characters. */
type Mutation = (text: string, at: number, noise: string) => string;

const onLine =
  (change: (lines: string[], index: number, noise: string) => void): Mutation =>
  (text, at, noise) => {
    const lines = text.split('\n');
    change(lines, at % lines.length, noise);
    return lines.join('\n');
  };

const mutations: Readonly<Record<string, Mutation>> = {
  drop: onLine((lines, index) => void lines.splice(index, 1)),
  double: onLine((lines, index) => void lines.splice(index, 0, lines[index]!)),
  indent: onLine((lines, index) => void (lines[index] = `  ${lines[index]}`)),
  outdent: onLine((lines, index) => void (lines[index] = lines[index]!.trimStart())),
  swap: onLine((lines, index) => lines.splice(index, 2, ...lines.slice(index, index + 2).toReversed())),
  cut: (text, at) => text.slice(0, at % (text.length + 1)),
  insert: (text, at, noise) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + noise + text.slice(place);
  },
};

const noises = fc.oneof(
  fc.constantFrom(
    '$',
    '${',
    '}',
    '$x',
    '{',
    ' = ',
    '\0',
    '\uFEFF',
    '\r',
    ',',
    '#',
    '\n',
    '\\',
    '$(a',
    '0/0',
    ':',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(mutations)), fc.nat(), noises), {
  minLength: 1,
  maxLength: 6,
});

function mutate(text: string, list: readonly (readonly [string, number, string])[]): string {
  return list.reduce((now, [name, at, noise]) => mutations[name]!(now, at, noise), text);
}

const hosts: fc.Arbitrary<TextHost> = fc
  .record({
    main: fc.nat(),
    master: fc.nat(),
    mainSteps: steps,
    masterSteps: steps,
    version: fc.constantFrom('2.7.0', '2.10.3', '3.4.29', '3.7.11', '3.9.4', '3.12.0'),
  })
  .map(({ main, master, mainSteps, masterSteps, version }) => ({
    main: mutate(corpus[main % corpus.length]!.host.main, mainSteps),
    master: mutate(corpus[master % corpus.length]!.host.master, masterSteps),
    version,
  }));

describeWith(['corpus'], 'real configurations, damaged,', () => {
  it('are audited by every rule without a crash, each finding with a place inside its file', () => {
    expect(rules.length).toBeGreaterThan(45);
    fc.assert(
      fc.property(hosts, (host) => {
        for (const { at, message } of audit(host)) {
          const text = at?.file === 'master.cf' ? host.master : host.main;
          expect(message).not.toBe('');
          expect(at!.line).toBeGreaterThan(0);
          expect(at!.line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: runs, plugins: [fc.interruptAfterTimeLimit(longest)] },
    );
  });

  it('are reported on in every form without a crash', () => {
    fc.assert(
      fc.property(hosts, (host) => {
        const report = reportAudit(host);
        expect(toHtml(report)).toMatch(/<\/html>\s*$/);
        expect(toMarkdown(report)).toMatch(/^# Postfix on/);
        expect(toSarif(report.before.findings, { configuration: host }).runs[0].results).toHaveLength(
          report.before.findings.length,
        );
      }),
      { numRuns: Math.ceil(runs / 5), plugins: [fc.interruptAfterTimeLimit(longest)] },
    );
  });
});
