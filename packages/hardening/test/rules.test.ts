import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@postern/testbed';
import { rules, type Rule } from '@postern/hardening';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { postconf } from './postconf.ts';
import { exampleNames, examplePath, findingsOf, fixAll, masterPath, readExample } from './rule-examples.ts';

describe('the rules', () => {
  it('are the files of their folder, and each has its examples', () => {
    const files = readdirSync(join(import.meta.dirname, '../src/rules'))
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => name !== 'index')
      .toSorted();
    expect(rules.map(({ id }) => id).toSorted()).toEqual(files);
    expect(exampleNames).toEqual(files);
  });

  it('mend what they find, or say why only a person can and how', () => {
    const about = {
      id: 'ours',
      level: 'note',
      versions: 'all',
      source: 'our handbook',
      title: 'Ours',
      why: 'So that the compiler asks for one or the other.',
    } as const;
    const byHand = { because: 'Nobody else knows.', steps: 'Ask.' };
    expectTypeOf({ ...about, check: () => [{ message: 'is so' }] }).not.toExtend<Rule>();
    expectTypeOf({ ...about, byHand, check: () => [{ message: 'is so' }] }).toExtend<Rule>();
    expectTypeOf({ ...about, check: () => [{ message: 'is so', fix: [] }] }).toExtend<Rule>();
    for (const rule of rules) {
      const { id, byHand: told } = rule;
      const { because, steps } = told ?? { because: 'mended always' };
      expect([id, because, steps]).toEqual(told ? [id, sentences, sentences] : [id, because, undefined]);
      for (const { fix, message } of told ? [] : findingsOf(rule, readExample(id, 'bad')))
        expect([id, message, fix]).toEqual([id, message, changes]);
    }
  });
});

const changes: unknown = expect.arrayContaining([expect.objectContaining({ because: expect.anything() })]);
const sentences: unknown = expect.stringMatching(/^[A-Z].{40,}\.$/);

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  const bad = readExample(id, 'bad');

  it('finds what is wrong, where it is', async () => {
    const findings = findingsOf(rule, bad);
    expect(findings).not.toEqual([]);
    const lines = findings.map(
      ({ at, level, message }) => `${at?.file}:${at?.line}:${at?.column} ${level}: ${message}\n`,
    );
    await expect(lines.join('')).toMatchFileSnapshot(examplePath(id, 'bad', 'findings.txt'));
  });

  it('has nothing to say about the good host', () => {
    expect(findingsOf(rule, readExample(id, 'good'))).toEqual([]);
  });
});

/** Those of which nothing is left for a person; the others have nothing to mend in their example. */
const fixable = rules
  .filter((rule) => findingsOf(rule, readExample(rule.id, 'bad')).some(({ fix }) => fix))
  .map((rule) => [rule.id, rule] as const);

it('leaves two defects to a person altogether', () => {
  const mended = new Set(fixable.map(([id]) => id));
  const left = rules.filter(({ id }) => !mended.has(id)).map(({ id }) => id);
  expect(left).toEqual(['domain-in-two-classes', 'policy-service-undefined']);
});

describe.each(fixable)('the fix of %s', (id, rule) => {
  const bad = readExample(id, 'bad');

  it('leaves nothing for the rule to say', async () => {
    const fixed = fixAll(rule, bad);
    expect(findingsOf(rule, { ...bad, ...fixed })).toEqual([]);
    await expect(fixed.main).toMatchFileSnapshot(examplePath(id, 'fixed', 'main.cf'));
    await expect(fixed.master).toMatchFileSnapshot(
      fixed.master === bad.master ? masterPath(id, 'bad') : examplePath(id, 'fixed', 'master.cf'),
    );
  });
});

describeWith(['postconf'], 'the installed Postfix', () => {
  it.each(fixable)('reads what the fixes of %s make', (id, rule) => {
    const bad = readExample(id, 'bad');
    const before = postconf({ main: bad.main, master: bad.master });
    const after = postconf(fixAll(rule, bad));
    expect(after.status).toBe(0);
    expect(after.complaints.filter((line) => !before.complaints.includes(line))).toEqual([]);
  });
});
