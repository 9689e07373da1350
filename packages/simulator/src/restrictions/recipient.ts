import { searchMailAddress } from '../access/search.ts';
import { searchServers, type ServerKind } from '../access/server.ts';
import { replyClass } from '../access/status-code.ts';
import { resolveAddress } from '../address/resolve.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';
import type { Check } from './compile.ts';
import { rejectNonFqdn, rejectUnknownDomain, rejectUnlisted, rejectUnverified } from './mail-address.ts';

/** A check of the recipient; before there is one nothing is said. */
const given =
  (check: (run: Evaluation, recipient: string) => Status): Check =>
  (run) =>
    run.recipient === undefined ? 'dunno' : check(run, run.recipient);

const servers =
  (kind: ServerKind): Check =>
  (run, table, context) =>
    run.recipient
      ? searchServers(
          {
            run,
            table: run.host.table(table),
            replyName: run.recipient,
            replyClass: replyClass.recipient,
            context,
          },
          run.recipient,
          kind,
        )
      : 'dunno';

/** Whether mail for the address is ours to take. @see permit_auth_destination in smtpd_check.c */
export function permitAuthDestination(run: Evaluation, recipient: string): Status {
  const resolved = resolveAddress(run, recipient);
  if ('failed' in resolved) return run.lookupFailure(recipient, resolved.failed);
  if (resolved.routed && !run.host.settings.flag('allow_untrusted_routing')) {
    run.reason = 'the local part asks for further routing';
    return 'dunno';
  }
  run.reason = `${resolved.domain} is ${classWords[resolved.class]}`;
  return resolved.class === 'default' ? 'dunno' : 'permit';
}

const classWords: Readonly<Record<string, string>> = {
  local: 'a local domain (mydestination)',
  'virtual-alias': 'a virtual alias domain',
  'virtual-mailbox': 'a virtual mailbox domain',
  relay: 'a relay domain',
  default: 'no domain of this host',
};

function refuseRelay(run: Evaluation, recipient: string, soft: boolean): Status {
  if (permitAuthDestination(run, recipient) === 'permit') return 'dunno';
  const code = run.host.settings.number('relay_domains_reject_code') - (soft ? 100 : 0);
  return run.reject(code, soft ? '4.7.1' : '5.7.1', `<${recipient}>: Relay access denied`);
}

/** @see permit_mx_backup in smtpd_check.c */
function permitMxBackup(run: Evaluation, recipient: string): Status {
  const resolved = resolveAddress(run, recipient);
  if ('failed' in resolved) return run.lookupFailure(recipient, resolved.failed);
  if (resolved.routed && !run.host.settings.flag('allow_untrusted_routing')) return 'dunno';
  if (resolved.class !== 'default') return 'permit';
  const { domain } = resolved;
  if (domain.startsWith('[')) return 'dunno';
  const about = `<${recipient}>: ${replyClass.recipient} rejected`;
  const answer = run.dns(domain, 'MX');
  if (answer.status === 'not-found' || answer.status === 'null-mx') return 'dunno';
  if (answer.status !== 'ok')
    return run.deferIfRejected(
      450,
      '4.4.4',
      `${about}: Unable to look up mail exchanger information: Host not found, try again`,
    );
  const exchangers = answer.records;
  const mine =
    exchangers.some(({ exchange }) => run.isLocalDomain(exchange, run.host.mydestination) === true) ||
    exchangers.some(({ exchange }) => hasMyAddress(run, exchange, about));
  if (!mine) return 'dunno';
  if (run.host.settings.text('permit_mx_backup_networks').trim() === '') return 'permit';
  const best = Math.min(...exchangers.map(({ preference }) => preference));
  return exchangers
    .filter(({ preference }) => preference === best)
    .every(({ exchange }) => isInBackupNetworks(run, exchange, about))
    ? 'permit'
    : 'dunno';
}

function hasMyAddress(run: Evaluation, name: string, about: string): boolean {
  const found = run.addresses(name);
  if (found.status === 'ok')
    return found.addresses.some((address) => run.host.own.isOwn(address) || run.host.own.isProxy(address));
  const why = found.status === 'retry' ? 'Temporary failure in name resolution' : 'Name or service not known';
  run.deferIfRejected(450, '4.4.4', `${about}: Unable to look up mail exchanger host ${name}: ${why}`);
  return false;
}

function isInBackupNetworks(run: Evaluation, name: string, about: string): boolean {
  const answers = (['A', 'AAAA'] as const).map((type) => run.dns(name, type));
  const addresses = answers.flatMap((answer) => (answer.status === 'ok' ? answer.records : []));
  if (addresses.length === 0) {
    run.deferIfRejected(450, '4.4.4', `${about}: Unable to look up host ${name} as mail exchanger`);
    return false;
  }
  return addresses.every(
    (address) => run.matchList(run.host.permitMxBackupNetworks, name, address).status === 'match',
  );
}

const rejectUnlistedRecipient: Check = (run) =>
  run.recipient ? rejectUnlisted(run, run.recipient, 'recipient') : 'dunno';

/** Restrictions by the envelope recipient. */
export const recipientChecks: Readonly<Record<string, Check>> = {
  check_recipient_access: (run, table, context) =>
    run.recipient === undefined
      ? 'dunno'
      : searchMailAddress(
          {
            run,
            table: run.host.table(table),
            replyName: run.recipient,
            replyClass: replyClass.recipient,
            context,
          },
          run.recipient,
        ),
  check_recipient_a_access: servers('A'),
  check_recipient_mx_access: servers('MX'),
  check_recipient_ns_access: servers('NS'),
  permit_auth_destination: given(permitAuthDestination),
  reject_unauth_destination: given((run, recipient) => refuseRelay(run, recipient, false)),
  defer_unauth_destination: given((run, recipient) => refuseRelay(run, recipient, true)),
  check_relay_domains: given((run, recipient) => {
    const known = run.matchList(run.host.relayDomains, run.client.name, undefined);
    if (known.status === 'match' || permitAuthDestination(run, recipient) === 'permit') return 'permit';
    return run.reject(
      run.host.settings.number('relay_domains_reject_code'),
      '5.7.1',
      `<${recipient}>: ${replyClass.recipient} rejected: Relay access denied`,
    );
  }),
  permit_mx_backup: given(permitMxBackup),
  reject_non_fqdn_recipient: given((run, recipient) => rejectNonFqdn(run, recipient, 'recipient')),
  reject_unknown_recipient_domain: given((run, recipient) =>
    rejectUnknownDomain(run, recipient, 'recipient'),
  ),
  reject_unlisted_recipient: rejectUnlistedRecipient,
  check_recipient_maps: rejectUnlistedRecipient,
  reject_unverified_recipient: (run) =>
    run.recipient ? rejectUnverified(run, run.recipient, 'recipient') : 'dunno',
};
