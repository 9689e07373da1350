import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentCheck } from './check.ts';

/** The agent and the known hosts of ssh, and what a fleet needs. */
export async function checkHosts(
  environment: NodeJS.ProcessEnv,
  redis: string | undefined,
): Promise<EnvironmentCheck[]> {
  return [
    await checkAgent(environment['SSH_AUTH_SOCK']),
    await checkKnownHosts(join(environment['HOME'] ?? homedir(), '.ssh/known_hosts')),
    checkQueue(),
    ...(redis === undefined ? [] : [await checkRedis(redis)]),
  ];
}

async function checkAgent(socket: string | undefined): Promise<EnvironmentCheck> {
  const base = { id: 'ssh-agent', topic: 'hosts' } as const;
  if (socket === undefined || socket === '')
    return {
      ...base,
      status: 'info',
      message: 'No ssh agent runs; keys are read from ~/.ssh and --identity.',
    };
  const trouble = await reach({ path: socket });
  return trouble === undefined
    ? { ...base, status: 'pass', message: `The ssh agent answers (${socket}).` }
    : {
        ...base,
        status: 'info',
        message: `SSH_AUTH_SOCK is ${socket}, and nothing answers there: ${trouble}. Keys are read from ~/.ssh and --identity.`,
        advice: 'To use an agent, start one (eval "$(ssh-agent)"; ssh-add); or unset SSH_AUTH_SOCK.',
      };
}

async function checkKnownHosts(path: string): Promise<EnvironmentCheck> {
  const base = { id: 'known-hosts', topic: 'hosts' } as const;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text === 'string') {
    const count = text.split('\n').filter((line) => /^[^#\s]/.test(line)).length;
    return {
      ...base,
      status: 'pass',
      message: `${path} knows ${count} key${count === 1 ? '' : 's'} of hosts.`,
    };
  }
  if (text.code !== 'ENOENT')
    return {
      ...base,
      status: 'fail',
      message: `${path} cannot be read: ${text.message}.`,
      advice: 'Mend its permissions.',
    };
  return {
    ...base,
    status: 'info',
    message: `${path} is not there: no host is known yet.`,
    advice: 'The first time, compare the fingerprint that is shown, and say --accept-new.',
  };
}

/** What postern fleet needs only with --redis. */
function checkQueue(): EnvironmentCheck {
  const { resolve } = createRequire(import.meta.url);
  const missing = ['bullmq', 'redis'].filter((name) => {
    try {
      return resolve(name) === '';
    } catch {
      return true;
    }
  });
  const base = { id: 'fleet-queue', topic: 'hosts' } as const;
  return missing.length === 0
    ? {
        ...base,
        status: 'pass',
        message: 'bullmq and redis are installed: postern fleet can spread its work.',
      }
    : {
        ...base,
        status: 'info',
        message: `${missing.join(' and ')} not installed; only postern fleet --redis needs that.`,
        advice: `npm install ${missing.join(' ')}`,
      };
}

async function checkRedis(url: string): Promise<EnvironmentCheck> {
  const base = { id: 'redis', topic: 'hosts' } as const;
  const { hostname, port } = URL.canParse(url) ? new URL(url) : { hostname: '', port: '' };
  if (hostname === '')
    return {
      ...base,
      status: 'fail',
      message: `${url} is no address of Redis.`,
      advice: 'Write redis://HOST:PORT.',
    };
  const trouble = await reach({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port || 6379) });
  return trouble === undefined
    ? { ...base, status: 'pass', message: `Redis can be reached (${hostname}:${port || 6379}).` }
    : {
        ...base,
        status: 'fail',
        message: `Redis cannot be reached at ${hostname}:${port || 6379}: ${trouble}.`,
        advice: 'Start it, or mend the address.',
      };
}

/** Milliseconds that something near may take to take a connection. */
const patience = 3000;

/** Whether something listens; why not, when nothing does. */
async function reach(where: { path: string } | { host: string; port: number }): Promise<string | undefined> {
  const socket = connect(where);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
    return undefined;
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError'
      ? `no answer within ${patience / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
  } finally {
    socket.destroy();
  }
}
