import { parseDnsblSite, matchReplyFilter, type DnsblSite } from '@postern/dnsbl';
import { findInTables } from '../address/find.ts';
import { addressBytes } from '../tables/network.ts';
import { splitTables } from '../tables/open.ts';
import type { Host } from '../host/host.ts';
import type { Stage } from '../model/transaction.ts';
import type { Deferral, Evaluation } from './evaluation.ts';

/** What postscreen(8) refuses with, and at which command. */
export interface PostscreenRefusal extends Deferral {
  readonly stage: Stage;
}

/** One client before postscreen, with the parameters of postscreen's own service. */
interface Screening {
  readonly run: Evaluation;
  readonly host: Host;
}

/** Enhanced status and text of a reply. */
type Words = readonly [enhanced: string, text: string];

interface Test {
  /** The parameter that says what is done about a failure, under its present and its former name. */
  readonly action: readonly string[];
  readonly enforced: Words;
  /** What is said when the client is dropped, where that is something else. */
  readonly dropped?: Words;
  /** The parameter to blame. */
  readonly blame: string;
  readonly reason: string;
}

interface Failure extends Omit<Test, 'action'> {
  readonly action: 'enforce' | 'drop';
}

/**
 * What postscreen does with a client before smtpd sees it: the access list, the DNS lists' score, and the tests whose
 * outcome the transaction states.
 *
 * A failure that is enforced lets the session go on to RCPT, where the last one has the word; one that drops it comes
 * before that.
 *
 * @returns undefined when the client is handed to smtpd
 */
export function postscreen(run: Evaluation, host: Host): PostscreenRefusal | undefined {
  const at: Screening = { run, host };
  const facts = run.transaction.postscreen ?? {};
  const crowd = tooMany(at);
  if (crowd) return crowd;
  const listed = accessList(at);
  if (listed === 'permit') return handOver(at);
  const failed: Failure[] = [];
  if (listed === 'reject')
    add(at, failed, {
      action: ['postscreen_denylist_action', 'postscreen_blacklist_action'],
      enforced: ['5.3.2', 'Service currently unavailable'],
      blame: 'postscreen_access_list',
      reason: 'the client is on the deny list',
    });
  const dropped = (): PostscreenRefusal | undefined => {
    const drop = failed.find(({ action }) => action === 'drop');
    return drop && refuse(at, 'CONNECT', 521, drop);
  };
  if (facts.passed && failed.length === 0) {
    note(at, 'postscreen_cache_map', 'permit', 'the client has passed lately');
    return handOver(at);
  }
  if (facts.pregreet)
    add(at, failed, {
      action: ['postscreen_greet_action'],
      enforced: ['5.5.1', 'Protocol error'],
      blame: 'postscreen_greet_action',
      reason: 'the client spoke before its turn',
    });
  const early = dropped();
  if (early) return early;
  const score = dnsblScore(at);
  if (score.total >= host.settings.number('postscreen_dnsbl_threshold') && score.zone !== undefined) {
    const text = `Service unavailable; client [${run.client.address}] blocked using ${nameFor(at, score.zone)}`;
    add(at, failed, {
      action: ['postscreen_dnsbl_action'],
      enforced: ['5.7.1', text],
      blame: 'postscreen_dnsbl_sites',
      reason: `the DNS lists add up to ${score.total}`,
    });
  } else if (score.zone !== undefined || score.total !== 0) {
    note(at, 'postscreen_dnsbl_sites', 'dunno', `the DNS lists add up to ${score.total}`);
  }
  const deep = isLetOff(at, score.total) ? undefined : deepTests(at, failed);
  const enforced = failed.findLast(({ action }) => action === 'enforce');
  return dropped() ?? (enforced ? refuse(at, 'RCPT', 550, enforced) : (deep ?? handOver(at)));
}

/** A client that has more connections open than postscreen takes of one; that others may have more says smtpd's list alone. */
function tooMany(at: Screening): PostscreenRefusal | undefined {
  const parameter = 'postscreen_client_connection_count_limit';
  const most = at.host.settings.number(parameter);
  const { connections = 0 } = at.run.transaction.counters ?? {};
  if (most <= 0 || connections <= most) return undefined;
  return refuse(at, 'CONNECT', 421, {
    enforced: ['4.7.0', 'Error: too many connections'],
    blame: parameter,
    reason: `the client has ${connections} connections`,
    action: 'enforce',
  });
}

/** Gives the client to the smtpd of `smtpd_service_name`, if master.cf has it. */
function handOver(at: Screening): PostscreenRefusal | undefined {
  if (at.run.host.settings.exists) return undefined;
  return refuse(at, 'CONNECT', 421, {
    enforced: ['4.3.2', 'All server ports are busy'],
    blame: 'smtpd_service_name',
    reason: `master.cf has no service ${at.host.settings.text('smtpd_service_name')} of type pass`,
    action: 'enforce',
  });
}

/** Clients of good repute need not pass the tests after the greeting; whoever spoke early must, also where that is ignored. */
function isLetOff(at: Screening, score: number): boolean {
  const { settings } = at.host;
  const threshold =
    settings.number('postscreen_dnsbl_allowlist_threshold') ||
    settings.number('postscreen_dnsbl_whitelist_threshold');
  if (threshold >= 0 || score > threshold || at.run.transaction.postscreen?.pregreet) return false;
  note(at, 'postscreen_dnsbl_allowlist_threshold', 'permit', `the DNS lists add up to ${score}`);
  return true;
}

/**
 * Tests after the greeting need a session of their own: whoever passes them must come again.
 *
 * @returns what a client is told that fails none
 */
function deepTests(at: Screening, failed: Failure[]): PostscreenRefusal | undefined {
  const { settings } = at.host;
  const facts = at.run.transaction.postscreen ?? {};
  const protocol = ['5.5.1', 'Protocol error'] as const;
  const tests = [
    ['pipelining', facts.pipelining, protocol],
    ['non_smtp_command', facts.nonSmtpCommand, ['5.7.0', 'Error: I can break rules, too. Goodbye.']],
    ['bare_newline', facts.bareNewline, protocol],
  ] as const;
  const switches = tests.map(([name]) => `postscreen_${name}_enable`);
  const enabled = switches.find((name) => settings.flag(name));
  // A session that is kept because of a failure is put to all of the tests.
  const kept = failed.length > 0;
  for (const [index, [name, violated, dropped]] of tests.entries()) {
    const blame = switches[index]!;
    if (!violated || !(kept || settings.flag(blame))) continue;
    const action = [`postscreen_${name}_action`];
    add(at, failed, { action, enforced: protocol, dropped, blame, reason: `the client failed ${name}` });
  }
  if (enabled === undefined) return undefined;
  const reason = 'a client that passes must connect again';
  return refuse(at, 'RCPT', 450, {
    enforced: ['4.3.2', 'Service currently unavailable'],
    blame: enabled,
    reason,
    action: 'enforce',
  });
}

/** Keeps a failure that has consequences, and says of one that is ignored that it is. */
function add(at: Screening, failed: Failure[], test: Test): void {
  const { settings } = at.host;
  const parameter = test.action.find((name) => settings.has(name)) ?? test.action[0]!;
  const action = settings.text(parameter).toLowerCase();
  if (action === 'enforce' || action === 'drop') failed.push({ ...test, action });
  else note(at, test.blame, 'dunno', `${test.reason}; ${parameter} = ${action}`);
}

function refuse(
  at: Screening,
  stage: Stage,
  code: number,
  { action, enforced, dropped = enforced, blame, reason }: Failure,
): PostscreenRefusal {
  const [enhanced, text] = action === 'drop' ? dropped : enforced;
  const { settings } = at.host;
  const soft = code >= 500 && settings.flag('soft_bounce');
  note(at, blame, 'reject', `${reason}: ${code} ${enhanced} ${text}`);
  return {
    stage,
    reply: { code: soft ? code - 100 : code, enhanced: soft ? `4${enhanced.slice(1)}` : enhanced, text },
    decidedBy: { list: blame, restriction: blame, ...settings.place(blame) },
  };
}

function note(
  { run, host }: Screening,
  list: string,
  result: 'permit' | 'dunno' | 'reject',
  reason: string,
): void {
  run.steps.push({
    stage: run.stage,
    list,
    restriction: list,
    result,
    reason,
    ...host.settings.place(list),
  });
}

function accessList(at: Screening): 'permit' | 'reject' | 'dunno' {
  const { run, host } = at;
  const { client } = run;
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
    note(at, 'postscreen_access_list', action, `${client.address}: ${word}`);
    return action;
  }
  return 'dunno';
}

/** The name that clients are told of a list, whose own may hold a key (postscreen_dnsbl_reply_map). */
function nameFor({ run, host }: Screening, zone: string): string {
  const read = run.read('postscreen_dnsbl_reply_map');
  const found = findInTables(host.tables('postscreen_dnsbl_reply_map'), zone, 'whole', read);
  return found.status === 'found' ? found.value : zone;
}

/** The sum of the weights of the lists that have the client, and the list that gives the most to it. */
function dnsblScore({ run, host }: Screening): { total: number; zone: string | undefined } {
  let total = 0;
  let most: { zone: string; weight: number } | undefined;
  for (const text of splitTables(host.settings.text('postscreen_dnsbl_sites'))) {
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
