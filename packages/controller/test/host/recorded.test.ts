import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Command, Host, RunOptions } from '../../src/host/host.ts';
import { localMachine } from '../../src/host/local.ts';
import { recordedMachine, recording } from '../../src/host/recorded.ts';
import { hostContract } from './host-contract.ts';

/** Asks this machine what a recording has no answer to yet, and answers from the recording. */
function learning(directory: string): Host {
  const recorded = recordedMachine(directory);
  const real = recording(localMachine(), directory);
  return {
    ...recorded,
    async run(command: Command, options?: RunOptions) {
      const { limit: _, onOutput: __, ...rest } = options ?? {};
      await real.run(command, rest);
      return recorded.run(command, options);
    },
    async readFile(path, options) {
      if (path.endsWith('not there')) await real.readFile(path);
      return recorded.readFile(path, options);
    },
  };
}

hostContract('recorded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-recorded-'));
  return { host: learning(join(folder, 'answers')), folder, close: () => rm(folder, { recursive: true }) };
});

it('says what it was asked and has no answer to', async () => {
  await expect(recordedMachine('/nowhere', 'mx1').run(['postfix', 'reload'])).rejects.toThrow(
    'mx1: /nowhere has no answer to "postfix" "reload". Record it from a real host',
  );
});
