import type { Check, CheckStatus } from '../check.ts';

/** A demand of a large receiver on whoever sends it much mail, and what of the checks shows it met. */
interface BulkRule {
  readonly id: string;
  readonly demand: string;
  /** Whether a check decides; where none does, it cannot be seen in DNS. */
  readonly decidedBy: (check: Check) => boolean;
  /** How to see it where DNS cannot show it. */
  readonly howToSee: string;
}

interface Receiver {
  readonly name: string;
  readonly source: string;
  readonly rules: readonly BulkRule[];
}

const spf: BulkRule = {
  id: 'spf',
  demand: 'an SPF record',
  decidedBy: ({ topic, id }) => topic === 'spf' && id !== 'spf-address',
  howToSee: 'Ask for the domain’s TXT records.',
};
const dkim: BulkRule = {
  id: 'dkim',
  demand: 'DKIM signatures with a key of 1024 bits or more',
  decidedBy: ({ id }) => id === 'dkim-key',
  howToSee: 'Name the selectors in use, or check a message that was sent.',
};
const dmarc: BulkRule = {
  id: 'dmarc',
  demand: 'a DMARC record, p=none at least',
  decidedBy: ({ id }) => id === 'dmarc-record',
  howToSee: 'Ask for _dmarc of the domain.',
};
const reverse: BulkRule = {
  id: 'reverse',
  demand: 'names for sending addresses that lead back to them',
  decidedBy: ({ id }) => id === 'reverse-name',
  howToSee: 'Check each sending address as a host.',
};
const tls: BulkRule = {
  id: 'tls',
  demand: 'TLS when mail is handed over',
  decidedBy: () => false,
  howToSee: 'The log of the sending server tells: look at its transport evidence.',
};
const alignment: BulkRule = {
  id: 'alignment',
  demand: 'a From domain that SPF or DKIM vouches for',
  decidedBy: () => false,
  howToSee: 'Check a message that was sent.',
};
const unsubscribe: BulkRule = {
  id: 'unsubscribe',
  demand: 'unsubscribing from advertising with one click',
  decidedBy: () => false,
  howToSee: 'Look for List-Unsubscribe and List-Unsubscribe-Post in a message that was sent (RFC 8058).',
};
const complaints: BulkRule = {
  id: 'complaints',
  demand: 'a complaint rate under 0.3%',
  decidedBy: () => false,
  howToSee: 'The receiver’s own pages for senders show it.',
};

/** In force since: Gmail and Yahoo February 2024, Microsoft May 2025. Above 5 000 messages a day for the strict ones. */
const receivers: readonly Receiver[] = [
  {
    name: 'Gmail',
    source: 'Google: Email sender guidelines (support.google.com/a/answer/81126)',
    rules: [spf, dkim, dmarc, alignment, reverse, tls, unsubscribe, complaints],
  },
  {
    name: 'Yahoo',
    source: 'Yahoo: Sender best practices (senders.yahooinc.com/best-practices)',
    rules: [spf, dkim, dmarc, alignment, reverse, unsubscribe, complaints],
  },
  {
    name: 'Microsoft',
    source: 'Microsoft: Outlook requirements for high-volume senders (May 2025)',
    rules: [spf, dkim, dmarc, alignment],
  },
];

/** The rules of the large receivers as a checklist, decided by what the checks have seen. */
export function bulkSenderRules(domain: string, seen: readonly Check[]): Check[] {
  return receivers.flatMap(({ name, source, rules }) =>
    rules.map((rule) => {
      const deciding = seen.filter((check) => rule.decidedBy(check));
      const status = judge(deciding.map((check) => check.status));
      return {
        id: `${name.toLowerCase()}-${rule.id}`,
        topic: 'bulk-senders' as const,
        status,
        message: `${name} asks of those who send much for ${rule.demand}: ${answers[status]}.`,
        evidence: deciding.map(({ message }) => message),
        ...(status === 'unknown'
          ? { advice: rule.howToSee }
          : status === 'fail'
            ? { advice: `Mend this for ${domain}.` }
            : {}),
        source,
      };
    }),
  );
}

const answers: Readonly<Record<CheckStatus, string>> = {
  pass: 'met',
  warning: 'met',
  info: 'met',
  fail: 'not met',
  unknown: 'cannot be seen from here',
};

/** A warning elsewhere, such as p=none, is enough for these rules. */
function judge(statuses: readonly CheckStatus[]): 'pass' | 'fail' | 'unknown' {
  if (statuses.includes('fail')) return 'fail';
  if (statuses.every((status) => status === 'unknown' || status === 'info')) return 'unknown';
  return 'pass';
}
