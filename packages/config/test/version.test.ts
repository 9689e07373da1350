import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { compareVersions, ConfigError, parseVersion, printVersion, satisfies } from '@postern/config';

describe('versions', () => {
  it('reads releases, snapshots, candidates and non-production builds', () => {
    expect(parseVersion('3.7.11')).toEqual({ major: 3, minor: 7, patch: 11 });
    expect(parseVersion('3.12-20260821')).toEqual({ major: 3, minor: 12, patch: 0, prerelease: '20260821' });
    expect(parseVersion(' 3.8.0-RC1\n')).toEqual({ major: 3, minor: 8, patch: 0, prerelease: 'RC1' });
    expect(parseVersion('3.5.27-20260809-nonprod')?.prerelease).toBe('20260809-nonprod');
    for (const text of ['', '3', '3.', 'v3.7', '3.7.1.1', '3,7', '3.7.11 ; x'])
      expect(parseVersion(text)).toBeUndefined();
  });

  it('orders them as they were released', () => {
    const ordered = [
      '2.10.1',
      '3.0.0',
      '3.9-20230714',
      '3.9-20240101',
      '3.9.0-RC1',
      '3.9.0-RC2',
      '3.9.0',
      '3.9.1',
      '3.10.0',
      '3.12-20260821',
    ];
    const shuffled = ordered.toReversed();
    expect(shuffled.toSorted(compareVersions)).toEqual(ordered);
    expect(compareVersions('3.7', '3.7.0')).toBe(0);
  });

  it('prints what it read', () => {
    const part = fc.integer({ min: 0, max: 99 });
    const version = fc.tuple(part, part, part, fc.constantFrom('', '-20260821', '-RC2', '-20260809-nonprod'));
    fc.assert(
      fc.property(version, ([major, minor, patch, end]) => {
        const parsed = parseVersion(`${major}.${minor}.${patch}${end}`)!;
        expect(parseVersion(printVersion(parsed))).toEqual(parsed);
      }),
    );
  });
});

describe('ranges of versions', () => {
  it.each([
    ['3.7.11', '>=2.10', true],
    ['2.9.6', '>=2.10', false],
    ['3.7.11', '>=2.8 <3.0', false],
    ['2.11.3', '>=2.8, <3.0', true],
    ['3.7.8', '>=3.7.9', false],
    ['3.7.11', '<=3.7', true],
    ['3.12-20260821', '>=3.12', true],
    ['3.12-20260821', '>=3.12.0', false],
    ['3.8.5', '>=3.9 || 3.8', true],
    ['2.7.0', 'all', true],
    ['3.6.1', '> 3.6.0', true],
  ])('%s satisfies %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  it('refuses what is no range, by name', () => {
    for (const range of ['', 'newest', '>=x', '>=3.9 ||'])
      expect(() => satisfies('3.7.11', range)).toThrow(ConfigError);
    expect(() => satisfies('lenny', 'all')).toThrow(/"lenny" is not a Postfix version/);
  });
});
