import { searchKey, searchMailAddress } from '../access/search.ts';
import { searchServers, type ServerKind } from '../access/server.ts';
import { replyClass } from '../access/status-code.ts';
import { findAddress } from '../address/find.ts';
import { resolveAddress } from '../address/resolve.ts';
import { splitTables } from '../tables/open.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';
import type { Check } from './compile.ts';
import { rejectNonFqdn, rejectUnknownDomain, rejectUnlisted, rejectUnverified } from './mail-address.ts';

/** A check of the sender; the null sender has nothing to check. */
const given =
  (check: (run: Evaluation, sender: string) => Status): Check =>
  (run) =>
    run.sender ? check(run, run.sender) : 'dunno';

const servers =
  (kind: ServerKind): Check =>
  (run, table, context) =>
    run.sender
      ? searchServers(
          {
            run,
            table: run.host.table(table),
            replyName: run.sender,
            replyClass: replyClass.sender,
            context,
          },
          run.sender,
          kind,
        )
      : 'dunno';

/** The logins that own a sender address; undefined when nobody does. */
function ownersOf(run: Evaluation, sender: string): string[] | undefined {
  const resolved = resolveAddress(run, sender);
  if ('failed' in resolved) return run.lookupFailure(sender, resolved.failed);
  const tables = run.host.tables('smtpd_sender_login_maps');
  const found = findAddress(tables, resolved.address, run, run.read('smtpd_sender_login_maps'));
  if (found.status === 'failed') return run.lookupFailure(sender, found.because);
  return found.status === 'found' ? splitTables(found.value) : undefined;
}

/** Somebody logged in must own the sender address. */
function rejectForeign(run: Evaluation, sender: string, unownedMayPass: boolean): Status {
  const { user } = run.transaction;
  if (!run.saslActive || user === undefined) return 'dunno';
  const owners = ownersOf(run, sender);
  if (!owners && unownedMayPass) return 'dunno';
  if (owners?.some((owner) => owner.toLowerCase() === user.toLowerCase())) return 'dunno';
  return run.reject(553, '5.7.1', `<${sender}>: Sender address rejected: not owned by user ${user}`);
}

/** A sender address that has an owner needs a login. */
function rejectAnonymous(run: Evaluation, sender: string): Status {
  // It counts that there is AUTH, also where the client would first have to encrypt.
  if (!run.host.settings.flag('smtpd_sasl_auth_enable') || run.transaction.user !== undefined) return 'dunno';
  if (!ownersOf(run, sender)) return 'dunno';
  return run.reject(553, '5.7.1', `<${sender}>: Sender address rejected: not logged in`);
}

const rejectForeignOrAnonymous =
  (unownedMayPass: boolean) =>
  (run: Evaluation, sender: string): Status =>
    run.transaction.user === undefined
      ? rejectAnonymous(run, sender)
      : rejectForeign(run, sender, unownedMayPass);

/** Restrictions by the envelope sender. */
export const senderChecks: Readonly<Record<string, Check>> = {
  check_sender_access(run, table, context) {
    if (run.sender === undefined) return 'dunno';
    const search = {
      run,
      table: run.host.table(table),
      replyName: run.sender,
      replyClass: replyClass.sender,
      context,
    };
    if (run.sender !== '') return searchMailAddress(search, run.sender);
    const key = run.host.settings.text('smtpd_null_access_lookup_key');
    return searchKey(search, key, false) ?? 'dunno';
  },
  check_sender_a_access: servers('A'),
  check_sender_mx_access: servers('MX'),
  check_sender_ns_access: servers('NS'),
  reject_unknown_sender_domain: given((run, sender) => rejectUnknownDomain(run, sender, 'sender')),
  reject_unknown_address: given((run, sender) => rejectUnknownDomain(run, sender, 'sender')),
  reject_non_fqdn_sender: given((run, sender) => rejectNonFqdn(run, sender, 'sender')),
  reject_unverified_sender: given((run, sender) => rejectUnverified(run, sender, 'sender')),
  reject_unlisted_sender: given((run, sender) => rejectUnlisted(run, sender, 'sender')),
  reject_authenticated_sender_login_mismatch: given((run, sender) => rejectForeign(run, sender, false)),
  reject_unauthenticated_sender_login_mismatch: given(rejectAnonymous),
  reject_known_sender_login_mismatch: given(rejectForeignOrAnonymous(true)),
  reject_sender_login_mismatch: given(rejectForeignOrAnonymous(false)),
  reject_multi_recipient_bounce: (run, _, { replyName, replyClass: about }) =>
    run.sender === '' && run.recipientCount > (run.stage === 'DATA' || run.stage === 'END-OF-DATA' ? 1 : 0)
      ? run.reject(
          run.host.settings.number('multi_recipient_bounce_reject_code'),
          '5.5.3',
          `<${replyName}>: ${about} rejected: Multi-recipient bounce`,
        )
      : 'dunno',
};
