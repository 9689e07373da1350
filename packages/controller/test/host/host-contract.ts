import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../src/host/host.ts';

/** What every driver keeps, whatever the machine is. `folder` is a folder on it that the test may write to. */
export function hostContract(
  driver: string,
  open: () => Promise<{ host: Host; folder: string; close?: () => Promise<void> }>,
): void {
  describe(`a host by ${driver}`, () => {
    let host: Host;
    let folder: string;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => void ({ host, folder, close } = await open()));
    afterAll(async () => {
      await host.close();
      await close?.();
    });

    it('runs a program and says how it ended', async () => {
      expect(await host.run(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
        status: 7,
        stdout: Buffer.from('out\n'),
        stderr: 'err\n',
      });
    });

    it('gives a program its arguments as they are', async () => {
      const args = [
        "it's",
        '$(id)',
        '`id`',
        '"',
        '\\',
        'a\nb',
        '-n',
        '--',
        '',
        '*',
        '~',
        '!x',
        'æ𝄞',
        '; exit 9',
        '|',
        '&',
        '#',
      ];
      const { stdout } = await host.run(['printf', String.raw`[%s]`, ...args]);
      expect(stdout.toString()).toBe(args.map((arg) => `[${arg}]`).join(''));
      const script = { script: 'printf "[%s]" "$@"', args };
      expect((await host.run(script)).stdout.toString()).toBe(args.map((arg) => `[${arg}]`).join(''));
    });

    it('passes standard input on, byte for byte', async () => {
      const bytes = Buffer.concat([Buffer.from('first line\n\0'), Buffer.alloc(300_000, 'ab\r\n\xff')]);
      expect((await host.run(['cat'], { stdin: bytes })).stdout.equals(bytes)).toBe(true);
    });

    it('says that a program is not there by the exit status of sh', async () => {
      expect(await host.run(['no-such-program'])).toMatchObject({ status: 127 });
    });

    it('tells a signal as a shell does', async () => {
      expect(await host.run({ script: 'kill -KILL $$' })).toMatchObject({ status: 137 });
    });

    it('speaks English whatever the user speaks', async () => {
      expect((await host.run({ script: 'LANG=de_DE.UTF-8; printf %s "$LC_ALL"' })).stdout.toString()).toBe(
        'C',
      );
    });

    it('refuses an argument with a NUL byte', async () => {
      await expect(host.run(['printf', 'a\0b'])).rejects.toMatchObject({ code: 'bad-argument' });
    });

    it('stops at a limit of output', async () => {
      await expect(host.run(['seq', '1', '99999'], { limit: 1000 })).rejects.toMatchObject({
        code: 'too-much-output',
      });
    });

    it('writes and reads files with their mode', async () => {
      const path = `${folder}/it's a "file"`;
      const bytes = Buffer.from([0, 1, 255, 10, 13]);
      await host.writeFile(path, bytes, { mode: 0o640 });
      expect(await host.readFile(path)).toEqual(bytes);
      await expect(host.readFile(path, { limit: 4 })).rejects.toMatchObject({ code: 'too-large' });
      expect(await host.readFile(`${folder}/not there`)).toBeUndefined();
    });

    it('stops when it is told to before it began', async () => {
      const reason = new Error('no longer wanted');
      await expect(host.run(['true'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

/** What a driver keeps besides when there is a machine behind it. */
export function liveHostContract(
  driver: string,
  open: () => Promise<{ host: Host; close?: () => Promise<void> }>,
): void {
  describe(`a live host by ${driver}`, () => {
    let host: Host;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => void ({ host, close } = await open()));
    afterAll(async () => {
      await host.close();
      await close?.();
    });

    it('gives up on a command that takes too long', async () => {
      await expect(host.run(['sleep', '60'], { timeout: 200 })).rejects.toMatchObject({ code: 'timeout' });
    });

    it('kills a command when it is told to stop', async () => {
      const name = `postern-${randomBytes(6).toString('hex')}`;
      const stop = new AbortController();
      const run = host.run(['sh', '-c', 'echo begun; exec sleep 60', name], {
        signal: stop.signal,
        onOutput: () => stop.abort(new Error('enough')),
      });
      await expect(run).rejects.toThrow('enough');
    });

    it('runs more commands at a time than sshd has sessions', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 24 }, (_, index) => host.run(['sh', '-c', `sleep 0.05; echo ${index}`])),
      );
      expect(outcomes.map(({ stdout }) => Number(stdout))).toEqual(
        Array.from({ length: 24 }, (_, index) => index),
      );
    });

    it('reports what is printed while it is printed', async () => {
      const seen: string[] = [];
      await host.run({ script: 'echo one; echo two' }, { onOutput: (chunk) => seen.push(String(chunk)) });
      expect(seen.join('')).toBe('one\ntwo\n');
    });
  });
}
