import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localMachine } from '../../src/host/local.ts';
import { hostContract, liveHostContract } from './host-contract.ts';

hostContract('local', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-host-'));
  return { host: localMachine(), folder, close: () => rm(folder, { recursive: true }) };
});
liveHostContract('local', () => Promise.resolve({ host: localMachine() }));
