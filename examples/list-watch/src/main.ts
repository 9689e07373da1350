/**
 * Watches own addresses and domains on block lists, and tells a webhook what changes.
 *
 *     node src/main.ts settings.json
 */
import { readFileSync } from 'node:fs';
import { createDnsbl } from '@postern/dnsbl';
import { createResolver } from '@postern/dns';
import { callWebhook } from './webhook.ts';

interface Settings {
  readonly addresses?: readonly string[];
  readonly domains?: readonly string[];
  readonly lists: readonly string[];
  readonly webhook: string;
  /** Minutes between two rounds. */
  readonly every?: number;
  /** DNS servers to ask, your own resolver for example: lists refuse public ones. */
  readonly servers?: readonly string[];
}

const {
  addresses = [],
  domains = [],
  lists,
  webhook,
  every = 15,
  servers,
} = JSON.parse(readFileSync(process.argv[2] ?? 'settings.json', 'utf8')) as Settings;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

await using resolver = createResolver(servers ? { servers } : {});
await using dnsbl = createDnsbl({ resolver, zones: lists });
const watch = dnsbl.watch({ addresses, domains, interval: every * 60_000, signal: stop.signal });
for await (const event of watch) {
  console.log(JSON.stringify(event));
  if (event.type !== 'unknown') await callWebhook(webhook, event);
}
