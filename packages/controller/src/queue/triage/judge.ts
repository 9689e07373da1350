import { isIPv6, type BlockList } from 'node:net';
import type { HeaderBlock, Inspection } from './inspect.ts';
import type { OwnDomains } from './settings.ts';

/** What a message with the null sender and only foreign recipients is, and what says so. */
export interface Judgement {
  readonly verdict: 'backscatter' | 'legitimate';
  readonly confidence: 'certain' | 'likely';
  readonly why: Why;
  /** Whether the mail that it bounces was for a recipient of ours. */
  readonly forOurRecipient?: boolean;
  /** The enhanced status code of the bounce. */
  readonly status?: string;
}

export type Why =
  /** It has a sender. */
  | 'has-sender'
  /** A recipient is ours. */
  | 'own-recipient'
  /** It came for a recipient of ours and is passed on from there. */
  | 'forwarded'
  /** A user of ours who had logged in sent it. */
  | 'own-submission'
  /** It bounces what a user or program of ours sent. */
  | 'bounces-own-mail'
  /** A person or program of ours wrote it: an automatic reply, a notification. */
  | 'own-author'
  /** It bounces what strangers sent. */
  | 'bounces-foreign-mail'
  /** Nothing in it is ours. */
  | 'nothing-ours'
  /** It could not be looked into. */
  | 'not-inspected';

/** What of the configuration a judgement goes by. */
export interface Ours {
  readonly domains: OwnDomains;
  readonly hostname: string;
  readonly networks: BlockList;
}

/** Judges a message by what was found in it. Whatever speaks for it wins: one that is deleted wrongly is lost. */
export function judge(message: Inspection, ours: Ours): Judgement {
  const { domains } = ours;
  const field = (name: string): string | undefined => message.header.find(([each]) => each === name)?.[1];
  if (
    message.originalRecipients.some((address) => domains.owns(bare(address))) ||
    message.header.some(([name, value]) => name === 'delivered-to' && domains.owns(bare(value)))
  )
    return { verdict: 'legitimate', confidence: 'certain', why: 'forwarded' };
  if (message.attributes['sasl_username'] !== undefined)
    return { verdict: 'legitimate', confidence: 'certain', why: 'own-submission' };
  const original = enclosed(message);
  if (original !== undefined) return judgeOriginal(message, original, ours);
  const author = bare(field('from') ?? '');
  if (
    author.includes('@') &&
    domains.owns(author) &&
    !/^(?:mailer-daemon|postmaster|bounces?)@/i.test(author)
  )
    return { verdict: 'legitimate', confidence: 'likely', why: 'own-author' };
  return { verdict: 'backscatter', confidence: 'likely', why: 'nothing-ours' };
}

function judgeOriginal(message: Inspection, original: HeaderBlock, ours: Ours): Judgement {
  const report = message.blocks.find((block) => block.some(([name]) => name === 'final-recipient')) ?? [];
  const about = (name: string): string | undefined => report.find(([each]) => each === name)?.[1];
  const recipient = about('final-recipient')?.replace(/^[^;]*;/, '');
  const status = about('status') ?? /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(about('diagnostic-code') ?? '')?.[1];
  const forOurRecipient = recipient !== undefined && ours.domains.owns(bare(recipient));
  const facts = { forOurRecipient, ...(status !== undefined && { status }) };
  const origin = originOf(original, ours);
  if (origin === 'user')
    return { verdict: 'legitimate', confidence: 'certain', why: 'bounces-own-mail', ...facts };
  const id = original.find(([name]) => name === 'message-id')?.[1] ?? '';
  const idIsOurs = ours.domains.has(/@([^@>\s]+)>?$/.exec(id)?.[1]?.toLowerCase() ?? '-');
  // A Message-ID and a relaying client are no proof: mail for our own recipients comes from them too.
  if ((origin === 'network' || idIsOurs) && !forOurRecipient)
    return { verdict: 'legitimate', confidence: 'likely', why: 'bounces-own-mail', ...facts };
  const confidence = origin === 'network' || idIsOurs ? 'likely' : 'certain';
  return { verdict: 'backscatter', confidence, why: 'bounces-foreign-mail', ...facts };
}

/** The header of the message that this one encloses. */
function enclosed({ blocks }: Inspection): HeaderBlock | undefined {
  return blocks.find((block) => {
    const names = new Set(block.map(([name]) => name));
    if (names.has('final-recipient')) return false;
    return ['received', 'message-id', 'return-path', 'from'].filter((name) => names.has(name)).length >= 2;
  });
}

/**
 * Where a message entered our hands. Only what we wrote ourselves counts: the Received fields on top that name us,
 * the oldest of them; below may stand anything.
 */
function originOf(original: HeaderBlock, { hostname, networks }: Ours): 'user' | 'network' | 'stranger' {
  let entry: string | undefined;
  for (const [name, value] of original) {
    if (name !== 'received') continue;
    if (!` ${value.toLowerCase()} `.includes(` by ${hostname.toLowerCase()} `)) break;
    entry = value;
    // Only a filter on this machine hands mail back to us.
    if (!/\[(?:IPv6:)?(?:127\.|::1\])/.test(value)) break;
  }
  if (entry === undefined) return 'stranger';
  if (/\(Authenticated sender: |\bwith E?SMTPS?A\b|\bwith ESMTPSA\b|\bfrom userid \d+\)/.test(entry))
    return 'user';
  const address = /\[(?:IPv6:)?([0-9a-fA-F.:]+)\]/.exec(entry)?.[1];
  if (address === undefined) return 'stranger';
  return networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ? 'network' : 'stranger';
}

/** The address in `Name <address>`, `rfc822;address` or `address`. */
function bare(text: string): string {
  return (/<([^<>]*)>/.exec(text)?.[1] ?? text).replace(/^[^;]*;/, '').trim();
}
