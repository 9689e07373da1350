import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtureResolver, parseZones } from '@postern/dns';
import { checkNode, checkTerminal } from '../src/doctor/command.ts';
import { checkHosts } from '../src/doctor/hosts.ts';
import { checkNames } from '../src/doctor/names.ts';
import { run } from './run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-doctor-'));
  await mkdir(join(folder, '.git'));
});
afterEach(() => rm(folder, { recursive: true }));

const names = (point: string[] | undefined, servers: string[] = []) =>
  checkNames(
    fixtureResolver(
      parseZones(
        JSON.stringify({
          com: { NS: ['a.gtld-servers.net'] },
          ...(point && { '2.0.0.127.zen.spamhaus.org': { A: point } }),
        }),
      ).zones,
    ),
    new AbortController().signal,
    servers,
  );

describe('postern doctor', () => {
  it('says what is so, as a page and as JSON', async () => {
    const zone = join(folder, 'dns.json');
    await writeFile(
      zone,
      '{"com":{"NS":["a.gtld-servers.net"]},"2.0.0.127.zen.spamhaus.org":{"A":["127.0.0.4"]}}',
    );
    await writeFile(join(folder, 'postern.config.json'), '{"targets":{"mail":"local"}}');
    const page = await run(['doctor', '--zone', zone], { cwd: folder });
    expect(page.err).toBe('');
    expect(page.out).toContain(`Node is ${process.versions.node}.`);
    expect(page.out).toContain(`${folder}/postern.config.json is sound and names 1 target.`);
    const { out } = await run(['doctor', '--zone', zone, '--json'], { cwd: folder });
    expect(JSON.parse(out)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ id: 'dns', status: 'pass' }),
        expect.objectContaining({ id: 'block-lists', status: 'pass' }),
      ]) as unknown,
    });
  });

  it('fails over a configuration file that is wrong, and exits 1', async () => {
    await writeFile(join(folder, 'postern.config.json'), '{"target":{}}');
    await writeFile(join(folder, 'dns.json'), '{}');
    const { code, out } = await run(['doctor', '--zone', 'dns.json'], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toMatch(/fail .*there is no setting "target"; did you mean targets\?/);
    expect((await run(['doctor', '--zone', 'dns.json', '--no-config'], { cwd: folder })).out).toContain(
      'There is no configuration file',
    );
  });

  it('exits 0 where only what some commands need is missing, and 1 where the Redis that was named is', async () => {
    // Neither DNS for the world nor a block list: a laptop behind a resolver that knows its own network alone.
    await writeFile(join(folder, 'dns.json'), '{"com":{"NS":"SERVFAIL"}}');
    const healthy = await run(['doctor', '--zone', 'dns.json', '--json'], { cwd: folder });
    expect(JSON.parse(healthy.out)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ id: 'dns', status: 'unknown' }),
        expect.objectContaining({ id: 'block-lists', status: 'info' }),
      ]) as unknown,
    });
    expect(healthy.code).toBe(0);
    const named = await run(['doctor', '--zone', 'dns.json', '--redis', 'nonsense'], { cwd: folder });
    expect(named.out).toContain('nonsense is no address of Redis');
    expect(named.code).toBe(1);
  });

  it('knows an old Node', () => {
    expect(checkNode('22.19.0').status).toBe('pass');
    expect(checkNode('22.18.9')).toMatchObject({ status: 'fail', advice: 'Install Node 22.19 or newer.' });
    expect(checkNode('20.19.5').status).toBe('fail');
  });

  it('says why there is no colour', () => {
    expect(checkTerminal({ terminal: true, color: false }, { NO_COLOR: '1' }).message).toContain(
      'NO_COLOR is set',
    );
    expect(checkTerminal({ terminal: true, color: false }, { TERM: 'dumb' }).message).toContain('TERM=dumb');
    expect(checkTerminal({ terminal: false, color: false }, {}).message).toContain('no terminal');
  });

  it('tells of public resolvers, and of lists that refuse', async () => {
    expect(await names(['127.0.0.2'], ['8.8.8.8', '192.0.2.53'])).toMatchObject([
      { id: 'dns', status: 'pass' },
      {
        id: 'public-resolver',
        status: 'info',
        message: 'The resolver is a public one: 8.8.8.8 (Google).',
      },
      { id: 'block-lists', status: 'pass' },
    ]);
    expect((await names(['127.255.255.254'])).at(-1)).toMatchObject({
      status: 'info',
      message: 'zen.spamhaus.org refuses the resolver (127.255.255.254).',
    });
    expect((await names(undefined)).at(-1)).toMatchObject({ status: 'info' });
    const dead = { resolve: () => ({ status: 'failed', reason: 'timeout' }) as const };
    expect(await checkNames(dead, new AbortController().signal, [])).toMatchObject([
      { id: 'dns', status: 'unknown' },
      { id: 'block-lists', status: 'unknown' },
    ]);
  });

  it('tells an agent and a Redis that answer from those that do not', async () => {
    await using server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const environment = { HOME: folder, SSH_AUTH_SOCK: join(folder, 'none') };
    const found = await checkHosts(environment, `redis://127.0.0.1:${port}`);
    expect(found).toMatchObject([
      { id: 'ssh-agent', status: 'info' },
      { id: 'known-hosts', status: 'info' },
      { id: 'fleet-queue' },
      { id: 'redis', status: 'pass' },
    ]);
    await server[Symbol.asyncDispose]();
    expect((await checkHosts({ HOME: folder }, `redis://127.0.0.1:${port}`)).at(-1)).toMatchObject({
      status: 'fail',
    });
    expect((await checkHosts({ HOME: folder }, 'nonsense')).at(-1)).toMatchObject({ status: 'fail' });
  });
});
