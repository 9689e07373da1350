import { searchDomain } from '../access/search.ts';
import { searchServers, type ServerKind } from '../access/server.ts';
import { replyClass } from '../access/status-code.ts';
import { isHostAddress, isHostname, mailHostAddress, withoutFinalDot } from '../address/hostname.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';
import type { Check } from './compile.ts';

/** A check of the HELO name; without one nothing is said. */
const named =
  (check: (run: Evaluation, name: string) => Status): Check =>
  (run) =>
    run.heloName === undefined ? 'dunno' : check(run, run.heloName);

const servers =
  (kind: ServerKind): Check =>
  (run, table, context) =>
    run.heloName === undefined
      ? 'dunno'
      : searchServers(
          {
            run,
            table: run.host.table(table),
            replyName: run.heloName,
            replyClass: replyClass.helo,
            context,
          },
          run.heloName,
          kind,
        );

function refuse(run: Evaluation, name: string, code: string, enhanced: string, why: string): Status {
  return run.reject(
    run.host.settings.number(code),
    enhanced,
    `<${name}>: ${replyClass.helo} rejected: ${why}`,
  );
}

/** An address in brackets must be one. */
function rejectInvalidLiteral(run: Evaluation, name: string): Status {
  const bare = name.length > 2 && name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  return mailHostAddress(bare) === undefined
    ? refuse(run, name, 'invalid_hostname_reject_code', '5.5.2', 'invalid ip address')
    : 'dunno';
}

const rejectInvalid = named((run, name) => {
  if (name.startsWith('[')) return rejectInvalidLiteral(run, name);
  const test = withoutFinalDot(name);
  return isHostname(test) || isHostAddress(test)
    ? 'dunno'
    : refuse(run, name, 'invalid_hostname_reject_code', '5.5.2', 'Invalid name');
});

const rejectNonFqdn = named((run, name) => {
  if (name.startsWith('[')) return rejectInvalidLiteral(run, name);
  const test = withoutFinalDot(name);
  return isHostname(test) && test.includes('.')
    ? 'dunno'
    : refuse(run, name, 'non_fqdn_reject_code', '5.5.2', 'need fully-qualified hostname');
});

const rejectUnknown = named((run, name) => {
  if (name.startsWith('[')) return rejectInvalidLiteral(run, name);
  let retry = false;
  for (const type of ['A', 'AAAA', 'MX'] as const) {
    const { status } = run.dns(name, type);
    if (status === 'ok') return 'dunno';
    if (status === 'retry') retry = true;
  }
  if (!retry) return refuse(run, name, 'unknown_hostname_reject_code', '4.7.1', 'Host not found');
  return run.deferIfPermitted(
    450,
    '4.7.1',
    `<${name}>: ${replyClass.helo} rejected: Host not found`,
    run.host.settings.text('unknown_helo_hostname_tempfail_action') || 'defer_if_permit',
  );
});

/** Restrictions by the name given with HELO or EHLO. */
export const heloChecks: Readonly<Record<string, Check>> = {
  reject_invalid_helo_hostname: rejectInvalid,
  reject_invalid_hostname: rejectInvalid,
  reject_non_fqdn_helo_hostname: rejectNonFqdn,
  reject_non_fqdn_hostname: rejectNonFqdn,
  reject_unknown_helo_hostname: rejectUnknown,
  reject_unknown_hostname: rejectUnknown,
  permit_naked_ip_address: named((run, name) =>
    /^[0-9.:]*$/.test(name) ? (rejectInvalidLiteral(run, name) === 'reject' ? 'reject' : 'permit') : 'dunno',
  ),
  check_helo_access: (run, table, context) =>
    run.heloName === undefined
      ? 'dunno'
      : (searchDomain(
          {
            run,
            table: run.host.table(table),
            replyName: run.heloName,
            replyClass: replyClass.helo,
            context,
          },
          run.heloName,
          false,
        ) ?? 'dunno'),
  check_helo_a_access: servers('A'),
  check_helo_mx_access: servers('MX'),
  check_helo_ns_access: servers('NS'),
};
