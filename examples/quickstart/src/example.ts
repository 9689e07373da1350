import { fixtureResolver, parseZones } from '@postern/dns';
import { createDnsbl } from '@postern/dnsbl';
import type { Workload } from '@postern/tuning';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chapter } from './chapter.ts';
import { lookFromOutside } from './chapters/outside.ts';
import { sortQueue } from './chapters/queue.ts';
import { checkSenders, type Sender } from './chapters/senders.ts';
import { tune } from './chapters/tuning.ts';
import { recordedQueue } from './recorded-queue.ts';
import type { Subject } from './subject.ts';

/** The example host's folder: its configuration, its DNS, and what was seen of its melt-down. */
export const exampleFolder: string = join(import.meta.dirname, '../host');

const presence = {
  domain: 'yourdomain.no',
  address: '203.0.113.25',
  helo: 'mail.yourdomain.no',
  selectors: ['mail'],
};

const senders: readonly Sender[] = [
  { ip: presence.address, who: 'the host itself' },
  { ip: '198.51.100.33', who: 'the newsletter service' },
  { ip: '198.51.100.97', who: 'the help desk' },
  { ip: '192.0.2.66', who: 'a stranger' },
];

/** The stations that need more than a configuration: how the example host looks from outside, who sends its mail, what it bears, what fills its queue. */
export async function walkExample({ folder: { files }, version }: Subject): Promise<{
  readonly outside: Chapter;
  readonly senders: Chapter;
  readonly tuning: Chapter;
  readonly queue: Chapter;
}> {
  const { zones } = parseZones(await readFile(join(exampleFolder, 'dns.json'), 'utf8'));
  const resolver = fixtureResolver(zones);
  // The host's address is one of those set aside for documentation, which lists are not asked about unless told.
  const lists = { zones: ['zen.spamhaus.org', 'bl.spamcop.net'], reserved: 'ask' } as const;
  await using dnsbl = createDnsbl({ resolver, ...lists });
  const folderOfTheDay = join(exampleFolder, 'meltdown');
  await using stuck = await recordedQueue(folderOfTheDay);
  const summary = await stuck.queue.summary();
  const meltdown = {
    probe: await readFile(join(folderOfTheDay, 'probe.txt'), 'latin1'),
    workload: JSON.parse(await readFile(join(folderOfTheDay, 'workload.json'), 'utf8')) as Workload,
    observation: { queue: summary },
  };
  return {
    outside: await lookFromOutside(presence, { resolver, dnsbl }),
    senders: await checkSenders(presence.domain, presence.address, senders, { zones, dnsbl }),
    tuning: tune({ main: files['main.cf'] ?? '', master: files['master.cf'] ?? '', version }, meltdown),
    queue: await sortQueue(stuck, summary),
  };
}
