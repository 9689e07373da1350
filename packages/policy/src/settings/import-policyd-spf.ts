import { readNetworks } from '../handlers/spf/networks.ts';
import type { SettingsProblem } from './problem.ts';
import type { PolicySettings } from './policy-settings.ts';

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

/** Its words for what is refused, which it compares letter by letter. */
const refusals: Readonly<Record<string, string>> = {
  Fail: 'fail',
  Softfail: 'softfail',
  SPF_Not_Pass: 'not-pass',
  Null: 'null-sender-fail',
  False: 'never',
};

const options: Readonly<Record<string, Take>> = {
  debuglevel: (value) =>
    Number(value) > 1 ? 'one line a decision is always logged, with its reasons' : undefined,
  testonly: (value, spf) => void (value === '0' && (spf['testOnly'] = true)),
  defaultseedonly: (value, spf) => void (value === '0' && (spf['testOnly'] = true)),
  helo_reject: (value, { helo }) => identity(value, helo),
  mail_from_reject: (value, { mailFrom }) => identity(value === 'Null' ? '"Null"' : value, mailFrom),
  helo_pass_restriction: (value, { helo }) => void (helo['onPass'] = value),
  mail_from_pass_restriction: (value, { mailFrom }) => void (mailFrom['onPass'] = value),
  no_mail: (value, spf) => onlyTrue(value, () => (spf['onlyDomainsWithoutMail'] = true)),
  reject_not_pass_domains: (value, spf) => void (spf['strictDomains'] = listOf(value)),
  permerror_reject: (value, spf) => onlyTrue(value, () => (spf['permerror'] = 'reject')),
  temperror_defer: (value, spf) => onlyTrue(value, () => (spf['temperror'] = 'defer')),
  prospective: (value, spf) => void (spf['prospective'] = value),
  skip_addresses: (value, spf) => networks(value, spf, 'skip'),
  whitelist: (value, { trusted }) => networks(value, trusted, 'clients'),
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
  hide_receiver: (value, spf) => void (value !== 'No' && (spf['hidden'] = true)),
  spf_enhanced_status_codes: (value, spf) => void (value === 'No' && (spf['enhancedCodes'] = false)),
  lookup_time: (value, spf) => seconds(value, spf, 'lookupTime'),
  whitelist_lookup_time: (value, spf) => seconds(value, spf, 'trustLookupTime'),
  void_limit: (value, spf) => {
    if (!/^\d+$/.test(value)) return `${value} is no number`;
    spf['voidLimit'] = Number(value);
    return undefined;
  },
  reason_message: (value, spf) => {
    // Its fields in braces are filled for each message; ours begins every text and the result follows by itself.
    spf['reason'] = value.replaceAll(/\s*\{[^}]*\}\s*/g, ' ').trim() || undefined;
    return /\{/.test(value)
      ? 'the fields in braces are left out; result and explanation follow the text by themselves'
      : undefined;
  },
  queueid: () => undefined, // always logged
  // Whatever stands there counts as true, "False" too.
  mock: () => 'there is no mock service; a header that milters must see is added with a milter',
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
    else if (value !== '' && (value.toLowerCase() !== 'none' || name.toLowerCase() === 'header_type')) {
      const lost = take(value, spf);
      if (lost) note(`${name}: ${lost}`, name);
    }
  }
  // The receiver also names the host in Authentication-Results, which cannot be without one.
  if (spf['hidden'] === true && spf['header'] !== 'authentication-results') spf['receiver'] = 'unknown';
  dropIdle(spf);
  const { hidden: _, trusted, ...rest } = spf;
  const handler = { ...rest, ...(Object.keys(trusted).length > 0 && { trusted }) };
  return {
    settings: { handlers: [JSON.parse(JSON.stringify(handler)) as PolicySettings['handlers'][number]] },
    notes,
  };
}

/** Leaves out what would be refused as having no effect: it had none before either. */
function dropIdle(spf: Spf): void {
  const both = [spf.helo['refuse'], spf.mailFrom['refuse']];
  const refuses = both.some((refuse) => refuse !== undefined && refuse !== 'never');
  if (!refuses && spf['strictDomains'] === undefined)
    for (const key of ['permerror', 'temperror', 'onlyDomainsWithoutMail']) delete spf[key];
  if (spf['prospective'] !== undefined) delete spf['header'];
}

function identity(value: string, own: Record<string, unknown>): string | undefined {
  if (value === 'No_Check') {
    own['check'] = false;
    delete own['refuse'];
    return undefined;
  }
  const refuse = refusals[value];
  own['refuse'] = refuse ?? 'never';
  return refuse === undefined
    ? `${value} is not one of its words (${Object.keys(refusals).join(', ')}, No_Check): nothing was refused and nothing is`
    : undefined;
}

function onlyTrue(value: string, take: () => void): string | undefined {
  if (value === 'True') take();
  else if (value !== 'False') return `only True turned it on, so ${value} is off here as well`;
  return undefined;
}

/** Networks that can be read; it gave up a list at the first one that cannot. */
function networks(value: string, own: Record<string, unknown>, key: string): string | undefined {
  const all = listOf(value);
  const readable = all.filter((text) => {
    try {
      readNetworks([text]);
      return true;
    } catch {
      return false;
    }
  });
  own[key] = readable;
  const rest = all.filter((text) => !readable.includes(text));
  return rest.length > 0 ? `${rest.join(', ')}: no address or network, left out` : undefined;
}

function seconds(value: string, spf: Spf, key: string): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(value)) return `${value} is no number of seconds`;
  spf[key] = Number(value) * 1000;
  return undefined;
}

function listOf(value: string): string[] {
  return value.split(/[\s,]+/).filter((each) => each !== '');
}
