import type { SettingsProblem } from './problem.ts';
import type { PolicySettings } from './settings.ts';

/** An existing configuration in our words, and what of it could not be carried over. */
export interface ImportedSettings {
  readonly settings: PolicySettings;
  readonly notes: readonly SettingsProblem[];
}

type Spf = Record<string, unknown> & {
  helo: Record<string, unknown>;
  mailFrom: Record<string, unknown>;
  trusted: Record<string, unknown>;
};
/** Takes one option into the settings; a returned text is what could not be carried over. */
type Take = (value: string, spf: Spf) => string | undefined | void;

const refusals: Readonly<Record<string, string>> = {
  fail: 'fail',
  softfail: 'softfail',
  spf_not_pass: 'not-pass',
  null: 'null-sender-fail',
  false: 'never',
};

const options: Readonly<Record<string, Take>> = {
  debuglevel: (value) =>
    Number(value) > 1 ? 'one line a decision is always logged, with its reasons' : undefined,
  testonly: (value, spf) => void (isNo(value) && (spf['testOnly'] = true)),
  defaultseedonly: (value, spf) => void (isNo(value) && (spf['testOnly'] = true)),
  helo_reject: (value, { helo }) => identity(value, helo),
  mail_from_reject: (value, { mailFrom }) => identity(value, mailFrom),
  helo_pass_restriction: (value, { helo }) => void (helo['onPass'] = value),
  mail_from_pass_restriction: (value, { mailFrom }) => void (mailFrom['onPass'] = value),
  no_mail: (value, spf) => void (isYes(value) && (spf['onlyDomainsWithoutMail'] = true)),
  reject_not_pass_domains: (value, spf) => void (spf['strictDomains'] = listOf(value)),
  permerror_reject: (value, spf) => void (isYes(value) && (spf['permerror'] = 'reject')),
  temperror_defer: (value, spf) => void (isYes(value) && (spf['temperror'] = 'defer')),
  prospective: (value, spf) => void (spf['prospective'] = value),
  skip_addresses: (value, spf) => void (spf['skip'] = listOf(value)),
  whitelist: (value, { trusted }) => void (trusted['clients'] = listOf(value)),
  helo_whitelist: (value, { trusted }) => void (trusted['helo'] = listOf(value)),
  domain_whitelist: (value, { trusted }) => void (trusted['spfDomains'] = listOf(value)),
  domain_whitelist_ptr: (value, { trusted }) => void (trusted['ptrDomains'] = listOf(value)),
  header_type: (value, spf) => {
    const header = { spf: 'received-spf', ar: 'authentication-results', none: 'none' }[value.toLowerCase()];
    if (header === undefined) return `${value} is no header type`;
    spf['header'] = header;
    return undefined;
  },
  authserv_id: (value, spf) => void (value.toUpperCase() !== 'HOSTNAME' && (spf['receiver'] = value)),
  hide_receiver: (value, spf) => void (isYes(value) && (spf['receiver'] = 'unknown')),
  spf_enhanced_status_codes: (value, spf) => void (isNo(value) && (spf['enhancedCodes'] = false)),
  lookup_time: (value, spf) => seconds(value, spf, 'lookupTime'),
  whitelist_lookup_time: (value, spf) => seconds(value, spf, 'trustLookupTime'),
  void_limit: (value, spf) => void (spf['voidLimit'] = Number(value)),
  reason_message: (value, spf) => {
    // Its fields in braces are filled for each message; ours begins every text and the result follows by itself.
    spf['reason'] = value.replaceAll(/\s*\{[^}]*\}\s*/g, ' ').trim() || undefined;
    return /\{/.test(value)
      ? 'the fields in braces are left out; result and explanation follow the text by themselves'
      : undefined;
  },
  queueid: () => undefined, // always logged
  mock: (value) =>
    isYes(value)
      ? 'there is no mock service; a header that milters must see is added with a milter'
      : undefined,
  per_user: (value) =>
    `settings of single recipients are not read from ${value}; write them under "recipients"`,
};

/**
 * Reads a policyd-spf.conf(5) and says the same in our settings. Defaults that differ from ours are written out.
 *
 * @param receiver  this host's name, where the file does not give one
 */
export function importPolicydSpf(text: string, receiver: string): ImportedSettings {
  // The defaults of policyd-spf; ours refuse nothing.
  const spf: Spf = {
    type: 'spf',
    receiver,
    helo: { refuse: 'fail' },
    mailFrom: { refuse: 'fail' },
    trusted: {},
  };
  const notes: SettingsProblem[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.replace(/#.*$/, '').trim();
    if (entry === '') continue;
    const note = (message: string, at: string): void =>
      void notes.push({ line: index + 1, column: 1, at, message });
    const [, name, value] = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(entry) ?? [];
    if (name === undefined || value === undefined) {
      note(`expected NAME = VALUE, found ${JSON.stringify(entry.slice(0, 60))}`, '');
      continue;
    }
    const take = options[name.toLowerCase()];
    if (!take) note(`${name} is not known and was left out`, name);
    else if (value !== '' && value.toLowerCase() !== 'none') {
      const lost = take(value, spf);
      if (lost) note(`${name}: ${lost}`, name);
    } else if (name.toLowerCase() === 'header_type') take(value, spf);
  }
  const { testOnly, trusted, ...rest } = spf;
  const handler = { ...rest, ...(Object.keys(trusted).length > 0 && { trusted }) };
  return {
    settings: {
      ...(testOnly === true && { dryRun: true }),
      handlers: [JSON.parse(JSON.stringify(handler)) as PolicySettings['handlers'][number]],
    },
    notes:
      testOnly === true
        ? [
            ...notes,
            {
              line: 1,
              column: 1,
              at: 'TestOnly',
              message: 'dryRun answers DUNNO to everything, so it adds no header either',
            },
          ]
        : notes,
  };
}

function identity(value: string, own: Record<string, unknown>): string | undefined {
  const word = value.toLowerCase();
  if (word === 'no_check') {
    own['check'] = false;
    delete own['refuse'];
    return undefined;
  }
  if (refusals[word] === undefined) return `${value} is not known; fail stays`;
  own['refuse'] = refusals[word];
  return undefined;
}

function seconds(value: string, spf: Spf, key: string): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(value)) return `${value} is no number of seconds`;
  spf[key] = Number(value) * 1000;
  return undefined;
}

function listOf(value: string): string[] {
  return value.split(/[\s,]+/).filter((each) => each !== '');
}

function isYes(value: string): boolean {
  return /^(yes|true|1|on)$/i.test(value);
}

function isNo(value: string): boolean {
  return /^(no|false|0|off)$/i.test(value);
}
