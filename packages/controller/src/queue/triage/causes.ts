import type { Census } from './census.ts';
import { wordsOf, type MailSettings } from './settings.ts';

export type CauseId =
  /** Mail for recipients that are not there is taken and then bounced to forged senders. */
  | 'accepts-unknown-recipients'
  /** One user of ours sends to very many strangers. */
  | 'compromised-account'
  /** One destination does not answer, and its mail fills the queue. */
  | 'dead-destination'
  /** A filter or service of this machine does not answer. */
  | 'filter-down';

/** What fills the queue, and what says so. */
export interface Cause {
  readonly id: CauseId;
  readonly confidence: 'certain' | 'likely';
  /** For a person. */
  readonly message: string;
  readonly signs: readonly string[];
  /** Messages of the queue that it accounts for. */
  readonly messages: number;
  /** The sender, account or domain that it is about. */
  readonly about?: string;
  /** What a person has to do, where no setting does it. */
  readonly advice: readonly string[];
}

/** What is known of the messages that were judged backscatter. */
export interface BackscatterFacts {
  readonly count: number;
  /** Of those that enclose a report: how many bounce mail for a recipient of ours, and how many say 5.1.x. */
  readonly forOurRecipients: number;
  readonly unknownUser: number;
}

/** Shares and counts above which something is a cause and no accident. They are experience, not theory. */
const least = { backscatter: 20, sender: 100, senderShare: 0.2, senderDomains: 20, domain: 50, share: 0.2 };

/** Names what fills the queue, the greatest first. */
export function nameCauses(
  total: number,
  backscatter: BackscatterFacts,
  census: Census,
  settings: MailSettings,
  accounts: ReadonlyMap<string, string>,
): Cause[] {
  const causes = [
    acceptsUnknown(total, backscatter, settings),
    ...compromised(census, accounts),
    ...deadDestinations(census),
    filterDown(census, settings),
  ];
  return causes.filter((cause) => cause !== undefined).toSorted((a, b) => b.messages - a.messages);
}

function acceptsUnknown(total: number, facts: BackscatterFacts, settings: MailSettings): Cause | undefined {
  if (facts.count < least.backscatter) return undefined;
  const holes = validationHoles(settings);
  const signs = [
    `${facts.count} of ${total} messages are bounces to strangers`,
    ...(facts.forOurRecipients > 0
      ? [`${facts.forOurRecipients} of them bounce mail for recipients of ours`]
      : []),
    ...(facts.unknownUser > 0 ? [`${facts.unknownUser} say that there is no such user`] : []),
    ...holes.map(({ sign }) => sign),
  ];
  return {
    id: 'accepts-unknown-recipients',
    confidence: holes.length > 0 && facts.unknownUser > 0 ? 'certain' : 'likely',
    message: 'Mail for recipients that are not there is taken and then bounced to senders who never sent it.',
    signs,
    messages: facts.count,
    advice:
      holes.length > 0
        ? []
        : [
            'Find out which server behind this one refuses the mail, and give relay_recipient_maps its recipients.',
          ],
  };
}

export interface ValidationHole {
  readonly id: 'unlisted' | 'local' | 'relay';
  readonly sign: string;
}

/** Where the configuration lets recipients in that are not there. */
export function validationHoles({ expanded }: MailSettings): ValidationHole[] {
  const value = (name: string): string => expanded.get(name) ?? '';
  const holes: ValidationHole[] = [];
  if (value('smtpd_reject_unlisted_recipient') === 'no')
    holes.push({ id: 'unlisted', sign: 'smtpd_reject_unlisted_recipient is no' });
  if (expanded.has('local_recipient_maps') && value('local_recipient_maps') === '')
    holes.push({ id: 'local', sign: 'local_recipient_maps is empty: every local part is taken' });
  const relays = wordsOf(value('relay_domains')).length > 0;
  const verified = /\breject_unverified_recipient\b/.test(value('smtpd_recipient_restrictions'));
  if (relays && value('relay_recipient_maps') === '' && !verified)
    holes.push({
      id: 'relay',
      sign: 'relay_recipient_maps is empty: every recipient in relay_domains is taken',
    });
  return holes;
}

function compromised(census: Census, accounts: ReadonlyMap<string, string>): Cause[] {
  return [...census.senders].flatMap(([sender, { count, domains }]) => {
    const share = count / census.total;
    if (count < least.sender || share < least.senderShare || domains.size < least.senderDomains) return [];
    const account = accounts.get(sender);
    return {
      id: 'compromised-account' as const,
      confidence: account === undefined ? ('likely' as const) : ('certain' as const),
      message: `${account === undefined ? sender : `The account ${account}`} sends to very many strangers; somebody else may have its password.`,
      signs: [
        `${count} messages (${percent(share)} of what is no backscatter) from ${sender} to ${domains.size === 1000 ? 'at least 1000' : domains.size} domains`,
        ...(account === undefined ? [] : [`they were sent by a login as ${account}`]),
      ],
      messages: count,
      about: account ?? sender,
      advice: ['Change its password and end its sessions.', `Hold its mail: select by the sender ${sender}.`],
    };
  });
}

function deadDestinations(census: Census): Cause[] {
  return [...census.domains].flatMap(([domain, { count, unreachable, reasons }]) => {
    const share = count / census.total;
    if (count < least.domain || share < least.share || unreachable < count * 0.8) return [];
    const [reason = ''] = [...reasons].toSorted((a, b) => b[1] - a[1])[0] ?? [];
    return {
      id: 'dead-destination' as const,
      confidence: 'certain' as const,
      message: `${domain} does not answer, and its mail waits here.`,
      signs: [`${count} messages (${percent(share)} of what is no backscatter)`, reason],
      messages: count,
      about: domain,
      advice: [`Ask the people of ${domain}; where it is yours, mend it.`],
    };
  });
}

function filterDown(census: Census, { expanded }: MailSettings): Cause | undefined {
  if (census.filter < least.domain || census.filter < census.total * least.share) return undefined;
  const [reason = ''] = [...census.filterReasons].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const filter = expanded.get('content_filter');
  return {
    id: 'filter-down',
    confidence: 'certain',
    message: `A service of this machine does not answer${filter ? ` (content_filter is ${filter})` : ''}.`,
    signs: [`${census.filter} messages wait for it`, reason],
    messages: census.filter,
    advice: ['Start the service and look into its log for why it stopped. The mail then goes by itself.'],
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
