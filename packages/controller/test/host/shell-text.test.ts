import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, seal, sealInline } from '../../src/host/envelope.ts';
import { program } from '../../src/program/program.ts';
import { shellText } from '../../src/host/shell-text.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '$(touch pwned)',
        '`touch pwned`',
        '\n',
        '\\',
        '-',
        '--',
        '; touch pwned',
        '&',
        '|',
        '>x',
        '!',
        '*',
        '~',
        '{a,b}',
        '$IFS',
        '\r',
        '\t',
        ' ',
        '#',
        'A1B2C3D4E5',
        'æ',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);
const argument = hostile.map((text) => text.replaceAll('\0', ''));

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'postern-quote-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('arguments that try to be commands', () => {
  it.each(['dash', 'bash'])('reach the program as they are, through a real %s', (shell) => {
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 40 }), (args) => {
        const text = shellText(['printf', String.raw`%s\0`, ...args]);
        const { stdout } = spawnSync(shell, ['-c', text], { cwd: folder });
        expect(readdirSync(folder)).toEqual([]);
        expect(stdout.toString('utf8').split('\0').slice(0, -1)).toEqual(
          args.map((arg) => arg.toWellFormed()),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('never show in the command line that a login shell reads', () => {
    fc.assert(
      fc.property(argument, (arg) => {
        const text = shellText(['printf', arg]);
        const plain = /^exec [ -~]*$/;
        for (const envelope of [
          seal(text, arg),
          seal(text, arg, { password: 'x' }),
          sealInline(text, true)!,
        ]) {
          const line = commandLine(envelope);
          expect(line).toMatch(plain);
          expect(line).not.toContain('!');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('arrive whole through the whole envelope, beside the data', () => {
    fc.assert(
      fc.property(argument, hostile, (arg, data) => {
        const { mark, ...envelope } = seal(
          shellText({ script: String.raw`printf '%s\0' "$1"; cat`, args: [arg] }),
          data,
        );
        const { stdout } = spawnSync('sh', ['-c', commandLine({ mark, ...envelope })], {
          cwd: folder,
          input: envelope.stdin,
        });
        expect(readdirSync(folder)).toEqual([]);
        expect(stdout.equals(Buffer.from(`\n${mark}\n${arg}\0${data}`))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('are never more on one line than every SSH server takes', () => {
    const whole = program('facts');
    const line = commandLine(sealInline(shellText({ ...whole, args: [...whole.args!, 'main.cf\n'] }), true)!);
    expect(line.length).toBeLessThan(20_000);
    const tooLong = randomBytes(26_000).toString('latin1').replaceAll('\0', '');
    expect(sealInline(shellText(['printf', tooLong]), false)).toBeUndefined();
  });

  it('arrive whole on one line too', () => {
    fc.assert(
      fc.property(argument, (arg) => {
        const { mark, ...envelope } = sealInline(shellText(['printf', '%s', arg]), false)!;
        const { stdout } = spawnSync('sh', ['-c', commandLine({ mark, ...envelope })], { cwd: folder });
        expect(stdout.equals(Buffer.from(`\n${mark}\n${arg}`))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('with a NUL byte are refused', () => {
    fc.assert(
      fc.property(argument, argument, (left, right) => {
        expect(() => shellText(['true', `${left}\0${right}`])).toThrow(/NUL byte/);
      }),
    );
  });

  it('cannot be the name of the program when they look like an option', () => {
    expect(() => shellText(['-c', 'id'])).toThrow(/no name of a program/);
  });
});
