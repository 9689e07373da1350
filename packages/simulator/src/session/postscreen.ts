import { parseDnsblSite, matchReplyFilter, type DnsblSite } from '@postern/dnsbl';
import { addressBytes } from '../tables/network.ts';
import { splitTables } from '../tables/open.ts';
import type { Stage } from '../model/transaction.ts';
import type { Deferral, Evaluation } from './evaluation.ts';

/** What postscreen(8) refuses with, and at which command. */
export interface PostscreenRefusal extends Deferral {
  readonly stage: Stage;
}

interface Test {
  /** The parameter that says what is done about a failure, under its present and its former name. */
  readonly action: readonly string[];
  readonly enhanced: string;
  readonly text: string;
  /** The parameter to blame. */
  readonly blame: string;
  readonly reason: string;
}

/**
 * What postscreen does with a client before smtpd sees it: the access list, the DNS lists' score, and the tests whose
 * outcome the transaction states.
 *
 * @returns undefined when the client is handed to smtpd
 */
export function postscreen(run: Evaluation): PostscreenRefusal | undefined {
  const { settings } = run.host;
  const facts = run.transaction.postscreen ?? {};
  const listed = accessList(run);
  if (listed === 'permit') return undefined;
  if (listed === 'reject') {
    const refused = fail(run, {
      action: ['postscreen_denylist_action', 'postscreen_blacklist_action'],
      enhanced: '5.3.2',
      text: 'Service currently unavailable',
      blame: 'postscreen_access_list',
      reason: 'the client is on the deny list',
    });
    if (refused) return refused;
  }
  if (facts.passed) {
    note(run, 'postscreen_cache_map', 'permit', 'the client has passed lately');
    return undefined;
  }
  const failed: Test[] = [];
  if (facts.pregreet)
    failed.push({
      action: ['postscreen_greet_action'],
      enhanced: '5.5.1',
      text: 'Protocol error',
      blame: 'postscreen_greet_action',
      reason: 'the client spoke before its turn',
    });
  const score = dnsblScore(run);
  const allowed =
    settings.number('postscreen_dnsbl_allowlist_threshold') ||
    settings.number('postscreen_dnsbl_whitelist_threshold');
  if (score.total >= settings.number('postscreen_dnsbl_threshold') && score.zone !== undefined) {
    failed.push({
      action: ['postscreen_dnsbl_action'],
      enhanced: '5.7.1',
      text: `Service unavailable; client [${run.client.address}] blocked using ${score.zone}`,
      blame: 'postscreen_dnsbl_sites',
      reason: `the DNS lists add up to ${score.total}`,
    });
  } else if (score.zone !== undefined || score.total !== 0) {
    note(run, 'postscreen_dnsbl_sites', 'dunno', `the DNS lists add up to ${score.total}`);
  }
  for (const test of failed) {
    const refused = fail(run, test);
    if (refused) return refused;
  }
  if (allowed < 0 && score.total <= allowed) {
    note(run, 'postscreen_dnsbl_allowlist_threshold', 'permit', `the DNS lists add up to ${score.total}`);
    return undefined;
  }
  return deepTests(run);
}

/** Tests after the greeting need a session of their own: whoever passes them must come again. */
function deepTests(run: Evaluation): PostscreenRefusal | undefined {
  const { settings } = run.host;
  const facts = run.transaction.postscreen ?? {};
  const tests = [
    ['pipelining', facts.pipelining, '5.5.1', 'Protocol error'],
    ['non_smtp_command', facts.nonSmtpCommand, '5.7.0', 'Error: I can break rules, too. Goodbye.'],
    ['bare_newline', facts.bareNewline, '5.5.1', 'Protocol error'],
  ] as const;
  let enabled: string | undefined;
  for (const [name, violated, enhanced, text] of tests) {
    const parameter = `postscreen_${name}_enable`;
    if (!settings.flag(parameter)) continue;
    enabled ??= parameter;
    if (!violated) continue;
    const action = [`postscreen_${name}_action`];
    const refused = fail(run, {
      action,
      enhanced,
      text,
      blame: parameter,
      reason: `the client failed ${name}`,
    });
    if (refused) return refused;
  }
  if (enabled === undefined) return undefined;
  return refuse(
    run,
    'RCPT',
    450,
    '4.3.2',
    'Service currently unavailable',
    enabled,
    'a client that passes must connect again',
  );
}

function fail(run: Evaluation, test: Test): PostscreenRefusal | undefined {
  const { settings } = run.host;
  const parameter = test.action.find((name) => settings.has(name)) ?? test.action[0]!;
  const action = settings.text(parameter).toLowerCase();
  if (action === 'enforce')
    return refuse(run, 'RCPT', 550, test.enhanced, test.text, test.blame, test.reason);
  if (action === 'drop')
    return refuse(run, 'CONNECT', 521, test.enhanced, test.text, test.blame, test.reason);
  note(run, test.blame, 'dunno', `${test.reason}; ${parameter} = ${action}`);
  return undefined;
}

function refuse(
  run: Evaluation,
  stage: Stage,
  code: number,
  enhanced: string,
  text: string,
  parameter: string,
  reason: string,
): PostscreenRefusal {
  const soft = code >= 500 && run.host.settings.flag('soft_bounce');
  note(run, parameter, 'reject', `${reason}: ${code} ${enhanced} ${text}`);
  return {
    stage,
    reply: { code: soft ? code - 100 : code, enhanced: soft ? `4${enhanced.slice(1)}` : enhanced, text },
    decidedBy: { list: parameter, restriction: parameter, ...run.host.settings.place(parameter) },
  };
}

function note(run: Evaluation, list: string, result: 'permit' | 'dunno' | 'reject', reason: string): void {
  run.steps.push({
    stage: run.stage,
    list,
    restriction: list,
    result,
    reason,
    ...run.host.settings.place(list),
  });
}

function accessList(run: Evaluation): 'permit' | 'reject' | 'dunno' {
  const { host, client } = run;
  for (const word of splitTables(host.settings.text('postscreen_access_list'))) {
    const lower = word.toLowerCase();
    let action = lower;
    if (lower === 'permit_mynetworks') {
      action =
        host.mynetworks.match(undefined, client.address, run.readList).status === 'match'
          ? 'permit'
          : 'dunno';
    } else if (word.includes(':')) {
      const found = run.read('postscreen_access_list')(host.table(word), client.address);
      action = found.status === 'found' ? found.value.toLowerCase() : 'dunno';
    }
    if (action !== 'permit' && action !== 'reject') continue;
    note(run, 'postscreen_access_list', action, `${client.address}: ${word}`);
    return action;
  }
  return 'dunno';
}

/** The sum of the weights of the lists that have the client, and the list that gives the most to it. */
function dnsblScore(run: Evaluation): { total: number; zone: string | undefined } {
  let total = 0;
  let most: { zone: string; weight: number } | undefined;
  for (const text of splitTables(run.host.settings.text('postscreen_dnsbl_sites'))) {
    const { site } = parseDnsblSite(text);
    if (!site || !isOn(run, site)) continue;
    const weight = site.weight ?? 1;
    total += weight;
    if (!most || weight > most.weight) most = { zone: site.zone, weight };
  }
  return { total, zone: most?.zone };
}

function isOn(run: Evaluation, { zone, filter }: DnsblSite): boolean {
  const bytes = addressBytes(run.client.address) ?? [];
  const labels =
    bytes.length === 4
      ? bytes.toReversed().map(String)
      : bytes
          .flatMap((byte) => [byte >> 4, byte & 15])
          .toReversed()
          .map((nibble) => nibble.toString(16));
  const answer = run.dns(`${labels.join('.')}.${zone}`, 'A');
  if (answer.status !== 'ok') return false;
  return !filter || answer.records.some((address) => matchReplyFilter(filter, address));
}
