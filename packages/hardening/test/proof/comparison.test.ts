import { readFileSync } from 'node:fs';
import { describeWith } from '@postern/testbed';
import { beforeAll, expect, it, vi } from 'vitest';
import { compareAll, page, putComparison, renderComparison, type Compared } from './comparison.ts';

// lynis looks at every program of the machine first.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

describeWith(['root', 'namespaces', 'ip', 'postfix', 'lynis'], 'what others and we find', () => {
  let all: Compared[];
  beforeAll(async () => {
    all = await compareAll();
  });
  const hostOf = (title: string): Compared => all.find((each) => each.title === title)!;
  const errors = (title: string): string[] =>
    hostOf(title).ours.flatMap((each) => (each.startsWith('error ') ? [each.slice(6)] : []));

  it('on an open relay: postfix check and lynis nothing, we the transaction that it relays', () => {
    const relay = hostOf('An open relay');
    expect(relay).toMatchObject({
      runs: true,
      check: { status: 0, complaints: [] },
      lynis: [],
      relay: 'open',
    });
    expect(errors('An open relay')).toEqual(expect.arrayContaining(['mynetworks-too-wide', 'open-relay']));
  });

  it('on the mended guide: not one word of others on lists that refuse all mail on a bad day, or on smuggling', () => {
    const { check, lynis } = hostOf('The guide, mended by hand');
    expect([...check.complaints, ...lynis].join('\n')).not.toMatch(/rbl|spamhaus|newline|TLSv1|policy/i);
    expect(errors('The guide, mended by hand')).toEqual(
      expect.arrayContaining(['dnsbl-without-filter', 'bare-newline-accepted']),
    );
  });

  it('on the guide as printed: Postfix names the first line that it cannot read, we the lines of both files and what follows from them', () => {
    const { check, runs } = hostOf('The guide as printed');
    expect({ runs, failed: check.status !== 0 }).toEqual({ runs: false, failed: true });
    expect(errors('The guide as printed')).toEqual(
      expect.arrayContaining(['line-without-equals', 'service-without-columns', 'relay-control-missing']),
    );
  });

  it('on stock Debian: no error but what is not the default of this release', () => {
    expect(hostOf('Debian 12 as installed')).toMatchObject({
      check: { status: 0, complaints: [] },
      relay: 'closed',
    });
    expect(errors('Debian 12 as installed')).toEqual(['bare-newline-accepted']);
  });

  it('is what docs/comparison.md shows (comparison.ts --write brings it up to date)', () => {
    const text = readFileSync(page, 'utf8');
    expect(putComparison(text, renderComparison(all))).toBe(text);
  });
});
