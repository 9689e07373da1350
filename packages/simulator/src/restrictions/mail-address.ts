import { fitStatus, replyClass, splitStatus } from '../access/status-code.ts';
import { findAddress } from '../address/find.ts';
import { isHostname, withoutFinalDot } from '../address/hostname.ts';
import { resolveAddress } from '../address/resolve.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';

/** Which address of the envelope is looked at; replies and enhanced codes differ. */
export type EnvelopeRole = 'sender' | 'recipient';

/** @see reject_non_fqdn_address in smtpd_check.c */
export function rejectNonFqdn(run: Evaluation, address: string, role: EnvelopeRole): Status {
  const at = address.lastIndexOf('@');
  const domain = at < 0 ? '' : address.slice(at + 1);
  if (domain.startsWith('[') && domain.endsWith(']')) return 'dunno';
  const test = withoutFinalDot(domain);
  if (isHostname(test) && test.includes('.')) return 'dunno';
  return run.reject(
    run.host.settings.number('non_fqdn_reject_code'),
    '4.5.2',
    `<${address}>: ${replyClass[role]} rejected: need fully-qualified address`,
  );
}

/** A domain that is not ours must have MX, A or AAAA records. @see reject_unknown_address, reject_unknown_mailhost */
export function rejectUnknownDomain(run: Evaluation, address: string, role: EnvelopeRole): Status {
  const resolved = resolveAddress(run, address);
  if ('failed' in resolved) return run.lookupFailure(address, resolved.failed);
  if (['local', 'virtual-alias', 'virtual-mailbox'].includes(resolved.class)) return 'dunno';
  const { domain } = resolved;
  if (domain.startsWith('[') && domain.endsWith(']')) return 'dunno';
  const about = `<${address}>: ${replyClass[role]} rejected`;
  const enhanced = role === 'sender' ? '4.1.8' : '4.1.2';
  let retry = false;
  for (const type of ['MX', 'A', 'AAAA'] as const) {
    const { status } = run.dns(domain, type);
    if (status === 'ok') return 'dunno';
    if (status === 'null-mx')
      return run.reject(
        role === 'sender' ? 550 : 556,
        role === 'sender' ? '4.7.27' : '4.1.10',
        `${about}: Domain ${domain} does not accept mail (nullMX)`,
      );
    if (status === 'invalid') {
      retry = false;
      break;
    }
    if (status === 'retry') retry = true;
  }
  if (!retry)
    return run.reject(
      run.host.settings.number('unknown_address_reject_code'),
      enhanced,
      `${about}: Domain not found`,
    );
  const action = run.host.settings.text('unknown_address_tempfail_action') || 'defer_if_permit';
  return run.deferIfPermitted(450, enhanced, `${about}: Domain not found`, action);
}

/** Asks verify(8), which sends a probe: only the world can say what comes of it. */
export function rejectUnverified(run: Evaluation, address: string, role: EnvelopeRole): Status {
  const { settings, world } = run.host;
  const { verify } = world;
  const known = verify && run.answers.once(`verify ${address}`, () => verify(address));
  const status =
    known?.status ??
    run.assume(
      {
        what: 'verification',
        name: `probe of ${address}`,
        because: 'nobody says what address verification finds',
        ...run.here(),
      },
      run.node?.name ?? '',
      ['deliverable', 'undeliverable', 'deferred'],
    );
  if (status === 'deliverable') return 'dunno';
  const why = settings.text(`unverified_${role}_reject_reason`) || (known?.why ?? '');
  const about = `<${address}>: ${replyClass[role]} rejected`;
  const enhanced = role === 'sender' ? '4.1.7' : '4.1.1';
  const parameter = status === 'undeliverable' ? 'reject_code' : 'defer_code';
  const code = settings.number(`unverified_${role}_${parameter}`) || 450;
  if (code < 400) return 'dunno';
  if (code >= 500) return run.reject(code, enhanced, `${about}: undeliverable address: ${why}`);
  const action = settings.text(`unverified_${role}_tempfail_action`) || 'defer_if_permit';
  return run.deferIfPermitted(code, enhanced, `${about}: unverified address: ${why}`, action);
}

/** Addresses of ours must be listed. @see check_rcpt_maps in smtpd_check.c */
export function rejectUnlisted(run: Evaluation, address: string, role: EnvelopeRole): Status {
  const { host } = run;
  if (/\bno_unknown_recipient_checks\b/.test(host.settings.text('receive_override_options'))) return 'dunno';
  if (role === 'sender' ? run.senderMapsChecked : run.recipientMapsChecked) return 'dunno';
  if (role === 'sender') run.senderMapsChecked = true;
  else run.recipientMapsChecked = true;
  const resolved = resolveAddress(run, address);
  if ('failed' in resolved) return run.lookupFailure(address, resolved.failed);
  const isIn = (parameter: string): boolean => {
    const found = findAddress(host.tables(parameter), resolved.address, run, run.read(parameter));
    if (found.status === 'failed') run.lookupFailure(address, `${parameter}: ${found.because}`);
    return found.status === 'found';
  };
  const rewritten =
    isIn('recipient_canonical_maps') ||
    (role === 'sender' && isIn('sender_canonical_maps')) ||
    isIn('canonical_maps') ||
    isIn('virtual_alias_maps');
  if (rewritten) return 'dunno';
  const about = `<${address}>: ${replyClass[role]} rejected`;
  if (resolved.transport === 'error' || resolved.transport === 'retry') {
    const soft = resolved.transport === 'retry';
    const { status, text } = splitStatus(resolved.nexthop, `${soft ? 4 : 5}.1.${role === 'sender' ? 0 : 1}`);
    const code =
      resolved.class === 'virtual-alias'
        ? host.settings.number('unknown_virtual_alias_reject_code')
        : soft
          ? 450
          : 550;
    return run.reject(code, fitStatus(status, replyClass[role]), `${about}: ${text}`);
  }
  const tables = listings[resolved.class];
  if (!tables || host.settings.text(tables.parameter).trim() === '') return 'dunno';
  if (resolved.class === 'local') {
    const local = resolved.address.slice(0, resolved.address.lastIndexOf('@'));
    if ([host.extension.doubleBounceSender.toLowerCase(), 'postmaster', 'mailer-daemon'].includes(local))
      return 'dunno';
  }
  if (isIn(tables.parameter)) return 'dunno';
  const where = host.settings.flag('show_user_unknown_table_name') ? ` in ${tables.name} table` : '';
  return run.reject(
    host.settings.number(tables.code),
    role === 'sender' ? '5.1.0' : '5.1.1',
    `${about}: User unknown${where}`,
  );
}

/** The table that lists a class's recipients, and the code for those who are not in it. */
const listings: Readonly<
  Record<string, { readonly parameter: string; readonly code: string; readonly name: string }>
> = {
  local: {
    parameter: 'local_recipient_maps',
    code: 'unknown_local_recipient_reject_code',
    name: 'local recipient',
  },
  'virtual-mailbox': {
    parameter: 'virtual_mailbox_maps',
    code: 'unknown_virtual_mailbox_reject_code',
    name: 'virtual mailbox',
  },
  relay: {
    parameter: 'relay_recipient_maps',
    code: 'unknown_relay_recipient_reject_code',
    name: 'relay recipient',
  },
};
