import { expect, it } from 'vitest';
import { createResolver } from '@postern/dns';
import { startDnsServer } from '@postern/dns/testing';
import { checkSpf } from '@postern/spf';
import { zonesOf } from './zones.ts';

const zones = zonesOf({
  'example.com': 'v=spf1 include:_spf.example.net a:gone.example.net -all exp=why.example.com',
  '_spf.example.net': { TXT: [['v=spf1 mx ', '~all']], MX: [{ preference: 1, exchange: 'mx.example.net' }] },
  'mx.example.net': { A: ['192.0.2.1'] },
  'why.example.com': { TXT: [['%{i} may not send for %{o}']] },
});

function query(ip: string): { ip: string; helo: string; sender: string } {
  return { ip, helo: 'mail.example.com', sender: 'joe@example.com' };
}

it('checks over a real wire, and at once when the answers are in the cache', async () => {
  await using server = await startDnsServer({ zones });
  await using resolver = createResolver({ servers: [server.server] });
  const first = checkSpf(query('192.0.2.1'), { resolver });
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toMatchObject({
    result: 'pass',
    lookups: 2,
    void: 0,
    matched: { term: 'include:_spf.example.net' },
  });
  const fail = await checkSpf(query('198.51.100.1'), { resolver });
  expect(fail).toMatchObject({
    result: 'fail',
    lookups: 3,
    void: 1,
    explanation: '198.51.100.1 may not send for example.com',
  });
  const asked = server.questions.length;
  expect(checkSpf(query('192.0.2.1'), { resolver })).toMatchObject({ result: 'pass', lookups: 2, void: 0 });
  expect(server.questions).toHaveLength(asked);
});

it('is temperror when the server fails, and leaves nothing behind when the time is up', async () => {
  await using server = await startDnsServer({
    zones,
    behaviour: ({ name }) => (name === '_spf.example.net' ? { fail: 'SERVFAIL' } : undefined),
  });
  await using resolver = createResolver({ servers: [server.server], cache: false });
  expect(await checkSpf(query('192.0.2.1'), { resolver })).toMatchObject({
    result: 'temperror',
    error: { code: 'dns' },
  });
  server.behave({ silent: true });
  expect(await checkSpf(query('192.0.2.1'), { resolver, limits: { time: 50 } })).toMatchObject({
    result: 'temperror',
    error: { code: 'time-limit' },
  });
});
