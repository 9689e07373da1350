import { audit, defineRule, parseSuppressions, rules, suppress } from '@postern/hardening';
import { describe, expect, it } from 'vitest';
import { hostWith, type TextHost } from './hosts.ts';

const today = '2026-11-23';

/** What is said after suppression about one rule and about the suppressions. */
function said(host: TextHost, file = '[]'): string[] {
  const { suppressions, findings } = parseSuppressions(file);
  const result = suppress(audit(host), host, { suppressions, today });
  return [...result.findings, ...findings]
    .filter(({ rule }) => ['vrfy-enabled', 'suppression'].includes(rule))
    .map(({ rule, at, message }) => `${at?.file}:${at?.line} ${rule}: ${message}`);
}

const vrfy = 'main.cf:5 vrfy-enabled: disable_vrfy_command is no: VRFY is answered';

describe('a comment', () => {
  const allowed = (comment: string): string[] => said(hostWith(`${comment}\ndisable_vrfy_command = no\n`));

  it('allows what is found in the entry below it, until its day and on it', () => {
    expect(allowed('# postern: allow vrfy-enabled until 2027-01-31 because the scanner asks')).toEqual([]);
    expect(allowed('# postern: allow vrfy-enabled until 2026-11-23 because the scanner asks')).toEqual([]);
  });

  it.each([
    [
      '# postern: allow vrfy-enabled until 2026-11-22 because the scanner asks',
      'vrfy-enabled was allowed until 2026-11-22 (the scanner asks): mend it, or allow it anew',
    ],
    [
      '# postern: allow vrfy-enabled until 2027-01-31',
      'vrfy-enabled is allowed without a reason, so it is not: write "because …"',
    ],
    [
      '# postern: allow vrfy-enabled because the scanner asks',
      'vrfy-enabled is allowed without an end, so it is not: write "until 2027-01-31"',
    ],
    [
      '# postern: allow vrfy-enabled until 2027-02-30 because the scanner asks',
      'vrfy-enabled is allowed until "2027-02-30", which is no day: write it as 2027-01-31',
    ],
  ])('allows nothing and is a finding itself: %s', (comment, message) => {
    expect(allowed(comment)).toEqual([vrfy, `main.cf:4 suppression: ${message}`]);
  });

  it('allows it nowhere else, and says when it is idle', () => {
    const comment = '# postern: allow vrfy-enabled until 2027-01-31 because the scanner asks';
    expect(said(hostWith(`disable_vrfy_command = no\n${comment}\nbiff = no\n`))).toEqual([
      'main.cf:4 vrfy-enabled: disable_vrfy_command is no: VRFY is answered',
      'main.cf:5 suppression: vrfy-enabled is allowed here and not found: take the suppression out',
    ]);
  });

  it('at the head of the file allows what is missing in it', () => {
    const host = hostWith('');
    const main = `# postern: allow vrfy-enabled until 2027-01-31 because the scanner asks\n${host.main}`;
    expect(said({ ...host, main })).toEqual([]);
  });

  it('in master.cf speaks of its service', () => {
    const master =
      'submission inet n - y - - smtpd\n# postern: allow plaintext-auth until 2027-01-31 because it is a test host\n  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_tls_auth_only=no\n';
    const host = hostWith('', master);
    const { allowed: taken } = suppress(audit(host), host, { today });
    expect(audit(host).map(({ rule }) => rule)).toContain('plaintext-auth');
    expect(taken.map(({ finding }) => finding.rule)).toEqual(['plaintext-auth']);
  });
});

describe('a file', () => {
  const host = hostWith('biff = no\ndisable_vrfy_command = no\n');

  it('allows by rule, by file and by name', () => {
    const item = { rule: 'vrfy-enabled', until: '2027-01-31', because: 'the scanner asks' };
    expect(said(host, JSON.stringify([item]))).toEqual([]);
    expect(said(host, JSON.stringify([{ ...item, name: 'disable_vrfy_command' }]))).toEqual([]);
    expect(said(host, JSON.stringify([{ ...item, file: 'master.cf' }]))).toContain(vrfy);
    expect(said(host, JSON.stringify([{ ...item, name: 'other' }]))).toContain(vrfy);
  });

  it.each([
    ['{', 'is no JSON'],
    ['{}', 'does not hold an array'],
    ['[{ "rule": "vrfy-enabled", "unless": "x" }]', 'item 1 is no suppression'],
    ['[\n1,\n{ "rule": "vrfy-enabled", "until": "2027-01-31" }]', 'without a reason'],
  ])('that is not right says so: %s', (text, message) => {
    expect(said(host, text)).toContainEqual(expect.stringContaining(message));
    expect(said(host, text)).toContain(vrfy);
  });
});

it('takes the day from outside', () => {
  const host = hostWith('');
  expect(() => suppress([], host, { today: 'today' })).toThrow(RangeError);
});

it('finds by rules of somebody else', () => {
  const noBiff = defineRule({
    id: 'our-no-biff',
    level: 'note',
    versions: 'all',
    source: 'our handbook',
    title: 'biff is on',
    why: 'Nobody reads it.',
    *check(subject) {
      const biff = subject.main.setting('biff');
      if (biff.value === 'yes') yield { message: 'biff is on', at: biff.at, fix: [biff.set('no')] };
    },
  });
  const found = audit(hostWith(''), { rules: [...rules, noBiff] });
  expect(found.find(({ rule }) => rule === 'our-no-biff')).toMatchObject({
    level: 'note',
    fix: [{ type: 'set-parameter', name: 'biff', value: 'no', because: { source: 'our handbook' } }],
  });
});

it('names the rule of somebody else that fails', () => {
  const check = (): never => {
    throw new TypeError('what is not there');
  };
  const about = { id: 'ours', level: 'note', source: 'us', title: 't', why: 'w' } as const;
  const broken = defineRule({ ...about, versions: 'all', check });
  expect(() => audit(hostWith(''), { rules: [broken] })).toThrow('The rule ours fails: what is not there');
  const nowhere = defineRule({ ...about, versions: 'zz', check });
  expect(() => audit(hostWith(''), { rules: [nowhere] })).toThrow('The rule ours fails: "zz"');
});
