import { createDnsbl, type Dnsbl } from '@postern/dnsbl';
import { redisStore, type Store } from '@postern/dns';
import { describeWith, startRedis } from '@postern/testbed';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listOf, mutableResolver, type MutableResolver } from '../mutable-resolver.ts';

const zone = { zone: 'bl.example.net', queriesADay: 100 };
const well = listOf('bl.example.net', {});
const machine = (store: Store, resolver: MutableResolver): Dnsbl =>
  createDnsbl({ resolver, zones: [zone], store, shareInterval: 3_600_000, cache: false });

function memory(): Store {
  const texts = new Map<string, string>();
  return { get: async (key) => texts.get(key), set: async (key, value) => void texts.set(key, value) };
}

const behaviour = (store: () => Store): void => {
  it('adds the queries of all machines up against the quota', async () => {
    const shared = store();
    await using one = machine(shared, mutableResolver(well));
    await using two = machine(shared, mutableResolver(well));
    for (let address = 0; address < 30; address++) {
      await one.check(`9.9.1.${address}`);
      await two.check(`9.9.2.${address}`);
    }
    await one.health();
    const [sum] = await two.health();
    const [first] = await one.health();
    expect(sum!.queriesToday).toBe(first!.queries + sum!.queries);
    expect(sum!.queriesToday).toBeGreaterThanOrEqual(60);
    for (let address = 0; address < 60; address++) await one.check(`9.9.3.${address}`);
    await one.health();
    expect(await two.health()).toMatchObject([{ state: 'quota' }]);
  });

  it('tells the others when a list lists everything, and when it is well again', async () => {
    const shared = store();
    const lists = mutableResolver({ '*.bl.example.net': { A: ['127.0.0.2'] } });
    await using one = machine(shared, lists);
    await using two = machine(shared, mutableResolver(well));
    expect((await two.check('9.9.9.9')).verdicts).toMatchObject([{ status: 'clean' }]);
    await sleep(2);
    await one.health({ probe: true });
    expect(await two.health()).toMatchObject([{ state: 'lists-the-world', circuit: 'open' }]);
    expect((await two.check('9.9.9.9')).verdicts).toMatchObject([
      { status: 'error', reason: 'lists-the-world' },
    ]);
    lists.become(well);
    await sleep(2);
    await one.health({ probe: true });
    expect(await two.health()).toMatchObject([{ state: 'healthy', circuit: 'closed' }]);
  });
};

describe('machines that share a store', () => {
  behaviour(memory);

  it('lose nothing when the store is away, or full of nonsense', async () => {
    const texts = [
      '{',
      'null',
      '{"day":1}',
      '{"day":"x","queries":{}}',
      '{"day":20000,"queries":{"a":-1,"b":"x"},"health":{"at":9e15}}',
    ];
    let index = 0;
    const nonsense: Store = {
      get: async () => texts[index++ % texts.length],
      set: () => Promise.reject(new Error('read only')),
    };
    await using dnsbl = machine(nonsense, mutableResolver(well));
    for (const _ of texts) expect(await dnsbl.health()).toMatchObject([{ queriesToday: 0 }]);
    expect((await dnsbl.check('9.9.9.9')).verdicts).toMatchObject([{ status: 'clean' }]);
  });
});

describeWith(['redis-server'], 'machines that share a Redis', () => {
  it('know what the others know, and go on when it dies', async () => {
    await using server = await startRedis();
    await using here = await redisStore({ url: `redis://${server.server}` });
    await using there = await redisStore({ url: `redis://${server.server}` });
    for (let text: string | undefined; text === undefined; text = await there.get('ready')) {
      await here.set('ready', 'yes', 1000);
      await sleep(5);
    }
    await using one = machine(here, mutableResolver({ '*.bl.example.net': { A: ['203.0.113.9'] } }));
    await using two = machine(there, mutableResolver(well));
    await two.check('9.9.9.9');
    await sleep(2);
    await one.health({ probe: true });
    expect(await two.health()).toMatchObject([{ state: 'failing', reason: 'parked', circuit: 'open' }]);
    await server.stop();
    await two.health({ probe: true });
    expect(await two.health()).toMatchObject([{ state: 'healthy' }]);
  });
});
