import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@postern/testbed';
import { rules } from '@postern/hardening';
import { describe, expect, it } from 'vitest';
import { postconf } from './postconf.ts';
import { exampleNames, examplePath, findingsOf, fixAll, masterPath, readExample } from './rule-examples.ts';

/** Only a person can decide what to do about these. */
const withoutFix = new Set(['domain-in-two-classes', 'policy-service-undefined']);

describe('the rules', () => {
  it('are the files of their folder, and each has its examples', () => {
    const files = readdirSync(join(import.meta.dirname, '../src/rules'))
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => name !== 'index')
      .toSorted();
    expect(rules.map(({ id }) => id).toSorted()).toEqual(files);
    expect(exampleNames).toEqual(files);
  });
});

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

const fixable = rules.filter(({ id }) => !withoutFix.has(id)).map((rule) => [rule.id, rule] as const);

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
