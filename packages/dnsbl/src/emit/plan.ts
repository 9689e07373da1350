import type { Change, Plan, Reason, Target } from '@postern/plan';
import { policyEntries, postscreenSites, type BlockListPolicy } from './policy.ts';
import { postscreenReplyMap, rblReplyMap } from './reply-map.ts';
import { filteredZone } from './restrictions.ts';

export interface BlockListPlanOptions {
  readonly target: Target;
  /**
   * Who asks the lists: `postscreen` adds their weights up before smtpd is involved, `smtpd` turns away on the first
   * listing. Without it postscreen, where the version has it (2.8).
   */
  readonly place?: 'postscreen' | 'smtpd';
  /** The value of `smtpd_recipient_restrictions` now, for `smtpd`: the lists go behind what protects against relaying. */
  readonly restrictions?: string;
  /** The folder for tables, as main.cf should name it (`$config_directory`, which Postfix expands). */
  readonly tables?: string;
}

/**
 * The Postfix settings that follow from a policy, each with its reason. It changes no master.cf: whether postscreen
 * listens is a decision of its own.
 *
 * @throws RangeError as policyEntries; with `smtpd` also when the policy adds weights up, which smtpd cannot
 */
export function planBlockLists(policy: BlockListPolicy, options: BlockListPlanOptions): Plan {
  const version = parseVersion(options.target.postfix);
  const place = options.place ?? (atLeast(version, 2, 8) ? 'postscreen' : 'smtpd');
  if (!atLeast(version, 2, 8)) {
    throw new RangeError(
      `Postfix ${options.target.postfix} has no reply filters with ranges (they came with 2.8)`,
    );
  }
  const changes =
    place === 'postscreen' ? postscreenChanges(policy, version, options) : smtpdChanges(policy, options);
  return {
    target: options.target,
    changes,
    checks: [{ id: 'configuration', description: 'Postfix accepts the configuration' }],
  };
}

function postscreenChanges(
  policy: BlockListPolicy,
  version: Version,
  options: BlockListPlanOptions,
): Change[] {
  const entries = policyEntries(policy);
  const changes: Change[] = [
    set('postscreen_dnsbl_sites', postscreenSites(policy).join(', '), {
      why: `Asks ${entries.map(({ zone, list }) => list?.name ?? zone).join(', ')}, and lets only their listing codes count: an error code or a parked domain adds nothing to the score.`,
      source: 'postconf(5) postscreen_dnsbl_sites; POSTSCREEN_README',
      versions: '>=2.8',
    }),
    set('postscreen_dnsbl_threshold', String(policy.threshold ?? 3), {
      why: 'The score from which a client is turned away; one light list alone does not reach it.',
      source: 'postconf(5) postscreen_dnsbl_threshold',
      versions: '>=2.8',
    }),
    set('postscreen_dnsbl_action', 'enforce', {
      why: 'A client above the threshold is refused with a 550 that names the list, and logged; the default only logs.',
      source: 'postconf(5) postscreen_dnsbl_action',
      versions: '>=2.8',
    }),
  ];
  if (entries.some(({ list }) => list !== undefined && list.kind !== 'block') && atLeast(version, 2, 11)) {
    const name = atLeast(version, 3, 6)
      ? 'postscreen_dnsbl_allowlist_threshold'
      : 'postscreen_dnsbl_whitelist_threshold';
    changes.push(
      set(name, '-2', {
        why: 'A client that allow lists vouch for skips the slower tests.',
        source: `postconf(5) ${name}`,
        versions: atLeast(version, 3, 6) ? '>=3.6' : '>=2.11',
      }),
    );
  }
  const names = postscreenReplyMap(policy);
  if (names !== '') {
    changes.push(
      ...table('dnsbl_reply', names, 'postscreen_dnsbl_reply_map', options, {
        why: 'The key of the list service stays out of the replies and logs that others see.',
        source: 'postconf(5) postscreen_dnsbl_reply_map',
        versions: '>=2.8',
      }),
    );
  }
  return [...changes, reload];
}

function smtpdChanges(policy: BlockListPolicy, options: BlockListPlanOptions): Change[] {
  const entries = policyEntries(policy);
  const unfit = entries.find(({ list }) => list === undefined);
  if (unfit) throw new RangeError(`${unfit.zone} is not in the registry: smtpd cannot weigh it`);
  const lists = entries.map(({ list, key }) => ({
    list: list!,
    filtered: filteredZone(list!, key === undefined ? {} : { key }),
  }));
  const permits = lists
    .filter(({ list }) => list.kind === 'allow')
    .map(({ filtered }) => `permit_dnswl_client ${filtered}`);
  const rejects = lists
    .filter(({ list }) => list.kind !== 'allow')
    .map(({ list, filtered }) =>
      list.of.includes('address') ? `reject_rbl_client ${filtered}` : `reject_rhsbl_sender ${filtered}`,
    );
  return [
    set(
      'smtpd_recipient_restrictions',
      insertRestrictions(options.restrictions ?? '', [...permits, ...rejects]),
      {
        why: 'Asks the lists after relaying is ruled out and own users are let through, allow lists first, and trusts only listing codes.',
        source: 'postconf(5) reject_rbl_client; SMTPD_ACCESS_README',
        versions: '>=2.8',
      },
    ),
    ...table('rbl_reply', rblReplyMap(policy), 'rbl_reply_maps', options, {
      why: 'Who is turned away learns which list it was and where to go; a key in a zone name is not shown.',
      source: 'postconf(5) rbl_reply_maps',
      versions: '>=2.0',
    }),
    reload,
  ];
}

/**
 * Puts block-list restrictions behind reject_unauth_destination (or the last permit_mynetworks or
 * permit_sasl_authenticated), after taking out those that ask the same zones without a filter.
 *
 *     permit_mynetworks, reject_unauth_destination, reject_rbl_client zen.spamhaus.org, permit
 *                                                 ^ here      ^ goes
 */
function insertRestrictions(value: string, added: readonly string[]): string {
  const zones = new Set(added.map((item) => item.split(' ')[1]!.split('=')[0]!));
  // A group in braces is one word, commas and blanks inside it too.
  const words = value.match(/\{[^}]*\}|[^\s,{]+/g) ?? [];
  const items: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (
      /^(reject_rbl_client|permit_dnswl_client|reject_rhsbl_\w+|permit_rhswl_client|check_\w+)$/.test(word)
    ) {
      const argument = words[++index] ?? '';
      if (word.startsWith('check_') || !zones.has(argument.split('=')[0]!)) items.push(`${word} ${argument}`);
    } else {
      items.push(word);
    }
  }
  if (items.length === 0)
    items.push('permit_mynetworks', 'permit_sasl_authenticated', 'reject_unauth_destination');
  const anchors = [
    'reject_unauth_destination',
    'defer_unauth_destination',
    'permit_sasl_authenticated',
    'permit_mynetworks',
  ];
  const anchor = anchors.map((name) => items.lastIndexOf(name)).find((index) => index >= 0) ?? -1;
  items.splice(anchor + 1, 0, ...added);
  return items.join(', ');
}

/** A texthash table: read as it stands, no postmap needed. Keys can be in it, so only root and Postfix read it. */
function table(
  file: string,
  content: string,
  parameter: string,
  { tables = '$config_directory' }: BlockListPlanOptions,
  because: Reason,
): Change[] {
  return [
    { type: 'put-file', path: file, content, mode: 0o640, owner: 'root', group: 'postfix', because },
    set(parameter, `texthash:${tables}/${file}`, because),
  ];
}

function set(name: string, value: string, because: Reason): Change {
  return { type: 'set-parameter', name, value, because };
}

const reload: Change = {
  type: 'postfix-action',
  action: 'reload',
  because: {
    why: 'Running daemons keep their old settings until then.',
    source: 'postfix(1)',
    versions: 'all',
  },
};

type Version = readonly [major: number, minor: number];

function parseVersion(text: string): Version {
  const match = /^(\d+)\.(\d+)/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no Postfix version`);
  return [Number(match[1]), Number(match[2])];
}

function atLeast([major, minor]: Version, wantedMajor: number, wantedMinor: number): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
