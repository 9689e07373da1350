import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '@postern/testbed';
import { mayColour } from '../src/colour.ts';

const program = join(import.meta.dirname, '../src/main.ts');
const command = `'${process.execPath}' --conditions=@postern/source '${program}' dnsbl lists`;
const bare = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !['NO_COLOR', 'FORCE_COLOR', 'TERM', 'CI'].includes(name)),
);
const escape = '\u001B[';

describe('colour', () => {
  it.each([
    [true, { TERM: 'xterm' }, true],
    [false, { TERM: 'xterm' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '', NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
  ])('terminal %s with %j: %s', (terminal, environment, expected) => {
    expect(mayColour(terminal, environment)).toBe(expected);
  });

  it.skipIf(findProgram('script') === undefined)('is there on a terminal, and not in a pipe', () => {
    const onTerminal = (environment: NodeJS.ProcessEnv): string =>
      spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...bare, ...environment },
      }).stdout;
    expect(onTerminal({ TERM: 'xterm' })).toContain(escape);
    expect(onTerminal({ TERM: 'xterm', NO_COLOR: '1' })).not.toContain(escape);
    expect(onTerminal({ TERM: 'dumb' })).not.toContain(escape);
    const piped = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { ...bare, TERM: 'xterm' } });
    expect(piped.stdout).toContain('zen.spamhaus.org');
    expect(piped.stdout).not.toContain(escape);
  });
});
