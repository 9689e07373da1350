import { fixtureResolver, type Zones } from '@postern/dns';
import type { Dnsbl } from '@postern/dnsbl';
import { bars, html, table } from '@postern/report';
import { checkSpf, flattenSpf, lintSpf, zoneJson, type SpfResult } from '@postern/spf';
import type { Chapter } from '../chapter.ts';
import type { Line, Tone } from '../terminal.ts';

/** A client that sends mail of the domain, and who it is. */
export interface Sender {
  readonly ip: string;
  readonly who: string;
}

const spfTones: Readonly<Record<string, Tone>> = { pass: 'ok', permerror: 'error', temperror: 'error' };
const listTones = { listed: 'error', error: 'warning', allowed: 'ok', clean: 'ok' } as const;

/** Who may send mail of the domain by SPF, today and with the record flattened, and what block lists say of the host. */
export async function checkSenders(
  domain: string,
  address: string,
  senders: readonly Sender[],
  { zones, dnsbl }: { readonly zones: Zones; readonly dnsbl: Dnsbl },
): Promise<Chapter> {
  const resolver = fixtureResolver(zones);
  const { record: published, findings } = await lintSpf(domain, { resolver });
  const lint = `${published ?? 'no record'} (${findings.map(({ message }) => message).join('; ')})`;
  const flattened = await flattenSpf(domain, { resolver });
  const record = flattened.records[0]?.text ?? '';
  const overlaid = fixtureResolver({ ...zones, ...zoneJson(domain, record) });
  const results = await Promise.all(
    senders.map(async ({ ip, who }) => {
      const query = { ip, helo: 'client.example', sender: `info@${domain}` };
      return {
        ip,
        who,
        now: await checkSpf(query, { resolver }),
        flat: await checkSpf(query, { resolver: overlaid }),
      };
    }),
  );
  const { verdicts } = await dnsbl.check(address);
  return {
    name: 'Senders',
    what: `who may send mail of ${domain}, and what lists say of ${address}`,
    lines: [
      { head: 'SPF: ', text: lint },
      ...results.map(({ ip, who, now, flat }): Line => ({
        head: `  ${ip.padEnd(14)} `,
        text: `${who}: ${spfText(now)}; flattened: ${spfText(flat)}`,
        tone: spfTones[now.result] ?? 'warning',
      })),
      { head: '  flattened: ', text: record },
      '',
      ...verdicts.map(({ zone, status, meaning }): Line => ({
        head: `${zone}: `,
        text: `${status}, ${meaning}`,
        tone: listTones[status],
      })),
    ],
    body: [
      html`<p>${lint}</p>`,
      table({
        head: ['client', 'who', 'published record', 'flattened record'],
        rows: results.map(({ ip, who, now, flat }) => [
          html`<code>${ip}</code>`,
          who,
          html`<span class="${spfTones[now.result] ?? 'warning'}">${now.result}</span> <small>${why(now)}</small>`,
          html`<span class="${spfTones[flat.result] ?? 'warning'}">${flat.result}</span> <small>${why(flat)}</small>`,
        ]),
      }),
      bars({
        title: 'Lookups that each check takes; more than ten are an error',
        rows: results.map(({ who, now }) => ({
          label: who,
          value: now.lookups,
          ...(now.result === 'permerror' && { level: 'error' as const }),
        })),
        marks: [{ label: 'ten are allowed', value: 10 }],
        most: 12,
      }),
      html`<p>Flattened, the record needs ${flattened.lookups} lookup: <code>${record}</code></p>`,
      html`<h3>Block lists on ${address}</h3>`,
      table({
        head: ['list', 'verdict', 'what its answer means'],
        rows: verdicts.map(({ zone, status, meaning, codes }) => [
          html`<code>${zone}</code>`,
          html`<span class="${listTones[status]}">${status}</span> ${codes.join(' ')}`,
          meaning,
        ]),
      }),
      html`<p>A list that answers with an error, or with what no list answers, is neither a listing nor a clean bill: it
        has no say.</p>`,
    ],
  };
}

function spfText(result: SpfResult): string {
  return `${result.result} (${why(result)})`;
}

function why({ matched, error }: SpfResult): string {
  return error?.message ?? (matched ? `by ${matched.term}` : 'nothing matches');
}
