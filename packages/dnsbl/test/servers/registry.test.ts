import { createResolver, type ClosableResolver } from '@postern/dns';
import { createDnsbl, knownLists, type CodeMeaning, type DnsList } from '@postern/dnsbl';
import { describeWith, startRbldnsd, type Rbldnsd } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Every code that the registry has for a list: the first of each range, and each bit alone. */
function rowsOf(list: DnsList): { code: string; meaning: string; status: string; reason: string }[] {
  const row = (code: string, meaning: string | CodeMeaning): ReturnType<typeof rowsOf>[number] => {
    const status = { block: 'listed', allow: 'allowed', neutral: 'clean', error: 'error' } as const;
    if (typeof meaning === 'string') {
      return {
        code,
        meaning,
        status: status[list.kind === 'allow' ? 'allow' : 'block'],
        reason: `about ${code}`,
      };
    }
    const reason = {
      block: `about ${code}`,
      allow: `about ${code}`,
      neutral: '',
      error: meaning.reason ?? '',
    };
    return { code, meaning: meaning.meaning, status: status[meaning.effect], reason: reason[meaning.effect] };
  };
  return [
    ...Object.entries(list.codes).map(([pattern, meaning]) =>
      row(pattern.replaceAll(/\[(\d+)[^\]]*\]/g, '$1'), meaning),
    ),
    ...Object.entries(list.bits?.bits ?? {}).map(([bit, meaning]) => row(`127.0.0.${bit}`, meaning)),
  ];
}

const zoneOf = (list: DnsList): string =>
  list.terms.access === 'key' ? list.keyed!.replace('{key}', 'k3y') : list.zone;
const ofAddresses = (list: DnsList): boolean => list.of.includes('address');
const subject = (list: DnsList, index: number): string =>
  ofAddresses(list) ? `9.9.9.${index}` : `d${index}.example.com`;

describeWith(['rbldnsd'], 'every list of the registry, served by rbldnsd', () => {
  let server: Rbldnsd;
  let resolver: ClosableResolver;
  beforeAll(async () => {
    server = await startRbldnsd({
      zones: knownLists.map((list) => ({
        zone: zoneOf(list),
        type: ofAddresses(list) ? 'ip4set' : 'dnset',
        data: rowsOf(list)
          .map(({ code }, index) => `${subject(list, index)} :${code}:about ${code}\n`)
          .join(''),
      })),
    });
    resolver = createResolver({ servers: [server.server] });
  });
  afterAll(async () => {
    await resolver.close();
    await server.stop();
  });

  it.each(knownLists.map((list) => [list.id, list] as const))(
    '%s: all its codes are decoded',
    async (_, list) => {
      const rows = rowsOf(list);
      // Without test points: the error codes here are about single addresses.
      await using dnsbl = createDnsbl({ resolver, zones: [zoneOf(list)], health: false });
      const verdicts = [];
      for (const index of rows.keys()) {
        const asked = subject(list, index);
        const { verdicts: found } = await (ofAddresses(list) ? dnsbl.check(asked) : dnsbl.checkDomain(asked));
        verdicts.push(
          ...found.map(({ codes, meaning, status, reason }) => ({ code: codes[0], meaning, status, reason })),
        );
      }
      expect(verdicts).toEqual(rows);
    },
  );
});
