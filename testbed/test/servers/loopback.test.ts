import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { describeWith, startKnot, startRbldnsd, startRedis, startUnbound } from '@postern/testbed';

function resolverFor(server: string): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([server]);
  return resolver;
}

describeWith(['rbldnsd'], 'rbldnsd', () => {
  it('answers for what is listed, says why, and reads other data when told to', async () => {
    await using list = await startRbldnsd({
      zones: [
        { zone: 'bl.test', type: 'ip4set', data: ':127.0.0.4:see https://bl.test/$\n192.0.2.66\n' },
        { zone: 'dbl.test', type: 'dnset', data: ':127.0.1.2:spammer\n.bad.example\n' },
      ],
    });
    const resolver = resolverFor(list.server);
    expect(await resolver.resolve4('66.2.0.192.bl.test')).toEqual(['127.0.0.4']);
    expect(await resolver.resolveTxt('66.2.0.192.bl.test')).toEqual([['see https://bl.test/192.0.2.66']]);
    expect(await resolver.resolve4('www.bad.example.dbl.test')).toEqual(['127.0.1.2']);
    await expect(resolver.resolve4('67.2.0.192.bl.test')).rejects.toThrow('ENOTFOUND');

    list.reload([':127.0.0.4:\n192.0.2.67\n', '']);
    await expect.poll(() => resolver.resolve4('67.2.0.192.bl.test').catch(String)).toEqual(['127.0.0.4']);
  });
});

describeWith(['knotd'], 'knot', () => {
  it('serves a zone, fails for one that is broken and refuses any other', async () => {
    await using knot = await startKnot({
      zones: {
        'example.com': 'mx A 192.0.2.1\n@ MX 10 mx\n*.list A 127.255.255.254',
        'broken.test': null,
      },
    });
    const resolver = resolverFor(knot.server);
    expect(await resolver.resolveMx('example.com')).toMatchObject([
      { priority: 10, exchange: 'mx.example.com' },
    ]);
    expect(await resolver.resolve4('4.3.2.1.list.example.com')).toEqual(['127.255.255.254']);
    await expect(resolver.resolve4('broken.test')).rejects.toThrow('ESERVFAIL');
    await expect(resolver.resolve4('elsewhere.test')).rejects.toThrow('EREFUSED');
  });
});

describeWith(['knotd', 'unbound'], 'unbound', () => {
  it('resolves through the servers that it was given', async () => {
    await using knot = await startKnot({ zones: { 'example.com': 'mx A 192.0.2.1' } });
    await using unbound = await startUnbound({ stubs: { 'example.com': knot.server } });
    expect(await resolverFor(unbound.server).resolve4('mx.example.com')).toEqual(['192.0.2.1']);
  });
});

describeWith(['redis-server'], 'redis', () => {
  it('answers on its port', async () => {
    await using redis = await startRedis();
    const socket = connect(redis.port, redis.address);
    socket.end('PING\r\n');
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toBe('+PONG\r\n');
  });
});
