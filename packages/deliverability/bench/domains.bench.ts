import { startDnsServer } from '@postern/dns/testing';
import { createResolver, type Zones } from '@postern/dns';
import type { Bench, BenchRow } from '@postern/testbed';
import { checkDomain } from '../src/index.ts';

const count = 1_000;
const concurrency = 100;
/** How long each DNS answer takes, in ms, and how long the whole may take, in seconds. */
const delay = 50;
const limit = 20;

const bench: Bench = {
  title: `A look at ${count} mail domains`,
  about:
    `checkDomain without connections, ${concurrency} domains at once, common DKIM selectors tried, each DNS answer ${delay} ms ` +
    'away. The domains share mail hosts, a provider’s SPF record and a mailbox for reports, as real ones do. The name server ' +
    'of the bench counts the questions: an equal one must come once.',
  async *run(): AsyncGenerator<BenchRow> {
    const names = Array.from({ length: count }, (_, at) => `d${at}.example`);
    await using server = await startDnsServer({ zones: zonesOf(names), behaviour: { delay } });
    await using resolver = createResolver({
      servers: [server.server],
      inflight: 256,
      // A repeated packet of UDP is no second question; there is time enough not to need one.
      timeout: 20_000,
      deadline: 30_000,
    });
    const waiting = [...names];
    const unknown = new Set<string>();
    const start = performance.now();
    const work = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const { checks } = await checkDomain(name, { resolver, connect: false });
        if (checks.find(({ id }) => id === 'dmarc-record')?.status !== 'pass') unknown.add(name);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const seconds = (performance.now() - start) / 1000;
    const asked = server.questions.map(({ name, type }) => `${name} ${type}`);
    const repeated = asked.length - new Set(asked).size;
    const inTurn = (asked.length * delay) / 1000;
    yield {
      work: `${count} domains, ${asked.length} questions`,
      ours: `${seconds.toFixed(1)} s`,
      peer: `${inTurn.toFixed(0)} s one after the other`,
      ratio: `${(inTurn / seconds).toFixed(0)} times`,
      target: `${limit} s`,
      met: seconds < limit && unknown.size === 0,
    };
    yield {
      work: 'equal questions that were asked again',
      ours: String(repeated),
      peer: '–',
      ratio: '–',
      target: '0',
      met: repeated === 0,
    };
  },
};
export default bench;

function zonesOf(names: readonly string[]): Zones {
  const zones: Record<string, Zones[string]> = {
    // "There is none" is kept for as long as the SOA says (RFC 2308).
    example: {
      SOA: [
        {
          primary: 'ns.example',
          admin: 'hostmaster.example',
          serial: 1,
          refresh: 3600,
          retry: 600,
          expire: 86_400,
          minimum: 300,
        },
      ],
    },
    'spf.provider.example': { TXT: [['v=spf1 ip4:192.0.2.0/24 -all']] },
    'mx1.provider.example': { A: ['192.0.2.1'] },
    'mx2.provider.example': { A: ['192.0.2.2'], AAAA: ['2001:db8::2'] },
    '*._report._dmarc.reports.example': { TXT: [['v=DMARC1']] },
  };
  for (const name of names) {
    zones[name] = {
      MX: [
        { preference: 10, exchange: 'mx1.provider.example' },
        { preference: 20, exchange: 'mx2.provider.example' },
      ],
      TXT: [['v=spf1 include:spf.provider.example -all']],
    };
    zones[`_dmarc.${name}`] = { TXT: [['v=DMARC1; p=reject; rua=mailto:d@reports.example']] };
  }
  return zones;
}
