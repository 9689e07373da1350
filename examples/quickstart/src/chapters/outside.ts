import { checkDomain, checkHost, type Check, type CheckStatus } from '@postern/deliverability';
import type { Resolver } from '@postern/dns';
import type { Dnsbl } from '@postern/dnsbl';
import { html, table } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line, Tone } from '../terminal.ts';

/** What the world is to know of the host: where it sends from, and for which domain. */
export interface Presence {
  readonly domain: string;
  readonly address: string;
  readonly helo: string;
  /** DKIM selectors in use. */
  readonly selectors: readonly string[];
}

const tones: Readonly<Record<CheckStatus, Tone>> = {
  fail: 'error',
  warning: 'warning',
  pass: 'ok',
  info: 'dim',
  unknown: 'note',
};

/** How the host and its domain look to a receiver, by DNS alone: nothing is connected to. */
export async function lookFromOutside(
  { domain, address, helo, selectors }: Presence,
  { resolver, dnsbl }: { readonly resolver: Resolver; readonly dnsbl: Dnsbl },
): Promise<Chapter> {
  const host = await checkHost({ address, helo }, { resolver, dnsbl, connect: false });
  const mail = await checkDomain(domain, { resolver, selectors, addresses: [address], connect: false });
  const subjects = [
    { name: `${address} (${helo})`, ...grouped(host.checks) },
    { name: domain, ...grouped(mail.checks) },
  ];
  return {
    name: 'Outside',
    what: `how ${helo} looks to those who receive its mail`,
    lines: subjects.flatMap(({ name, own, rules }): (string | Line)[] => [
      name,
      ...own
        .filter(({ status }) => status !== 'info')
        .map(({ topic, status, message }): Line => ({
          head: `  ${status.padEnd(8)} ${topic.padEnd(13)} `,
          text: message,
          tone: tones[status],
        })),
      ...(rules.length > 0 ? [{ head: '  ', text: bulkSenders(rules) }] : []),
    ]),
    body: subjects.map(({ name, own, rules }) => [
      html`<h3>${name}</h3>`,
      table({
        head: ['', 'what was seen', 'what to do'],
        rows: own.map(({ topic, status, message, evidence, advice }) => [
          html`<span class="${tones[status]}">${status}</span><br><small>${topic}</small>`,
          html`${message}${evidence.map((line) => html`<br><small class="dim">${line}</small>`)}`,
          advice ?? '',
        ]),
      }),
      rules.length > 0 && html`<p>${bulkSenders(rules)}</p>`,
    ]),
  };
}

/** The rules for bulk senders repeat what the other checks say: they are counted. */
function grouped(checks: readonly Check[]): { own: Check[]; rules: Check[] } {
  const isRule = ({ topic }: Check): boolean => topic === 'bulk-senders';
  return { own: checks.filter((check) => !isRule(check)), rules: checks.filter(isRule) };
}

function bulkSenders(rules: readonly Check[]): string {
  const count = (status: CheckStatus): number => rules.filter((rule) => rule.status === status).length;
  return `rules of Gmail, Yahoo and Microsoft for bulk senders: ${count('pass')} met, ${count('fail')} not met, ${count('unknown')} cannot be seen from here`;
}
