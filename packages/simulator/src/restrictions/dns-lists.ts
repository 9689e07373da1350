import { matchReplyFilter, parseReplyFilter, type ReplyFilter } from '@postern/dnsbl';
import { fitStatus, replyClass, splitStatus } from '../access/status-code.ts';
import { findInTables } from '../address/find.ts';
import { addressBytes } from '../tables/network.ts';
import { splitTables } from '../tables/open.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';
import { fillTemplate } from './reply-template.ts';
import { permitAuthDestination } from './recipient.ts';
import type { Check } from './compile.ts';

/** Most text of TXT records that a reply quotes. */
const longestReason = 500;

/** What a list says of a subject: its reason when it is listed. */
type Listing =
  { readonly status: 'listed'; readonly reason: string } | { readonly status: 'clear' | 'failed' };

const filters = new Map<string, ReplyFilter | undefined>();

function lookUp(run: Evaluation, subject: string, list: string): Listing {
  const equals = list.indexOf('=');
  const zone = equals < 0 ? list : list.slice(0, equals);
  const query = `${subject}.${zone}`;
  const answer = run.dns(query, 'A');
  if (answer.status === 'retry') return { status: 'failed' };
  if (answer.status !== 'ok') return { status: 'clear' };
  if (equals >= 0) {
    const text = list.slice(equals + 1);
    if (!filters.has(text)) filters.set(text, parseReplyFilter(text).filter);
    const filter = filters.get(text);
    if (!filter) return run.configurationError(`${list}: the reply filter is none`);
    if (!answer.records.some((address) => matchReplyFilter(filter, address))) return { status: 'clear' };
  }
  run.reason = `${query} is ${answer.records.join(', ')}`;
  const texts = run.dns(query, 'TXT');
  const reason =
    texts.status === 'ok'
      ? texts.records
          .map((strings) => strings[0] ?? '')
          .join(' / ')
          .slice(0, longestReason)
      : '';
  return { status: 'listed', reason };
}

/** `2.0.0.127` or, for IPv6, the 32 nibbles. */
function reversed(address: string): string {
  const bytes = addressBytes(address) ?? [];
  if (bytes.length === 4) return bytes.toReversed().join('.');
  return bytes
    .flatMap((byte) => [byte >> 4, byte & 15])
    .toReversed()
    .map((nibble) => nibble.toString(16))
    .join('.');
}

/** An IPv4 address in IPv6 clothes is asked for as IPv4. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function rejectAddress(run: Evaluation, list: string): Status {
  const { address } = run.client;
  const listing = lookUp(run, reversed(withoutMapping(address)), list);
  return listing.status === 'listed'
    ? refuse(run, list, address, replyClass.client, listing.reason)
    : 'dunno';
}

function rejectDomain(run: Evaluation, list: string, what: string, about: string): Status {
  const at = what.lastIndexOf('@');
  const domain = what.slice(at + 1);
  if (domain === '' || (at >= 0 && domain.startsWith('['))) return 'dunno';
  const listing = lookUp(run, domain, list);
  return listing.status === 'listed' ? refuse(run, list, what, about, listing.reason) : 'dunno';
}

/** The reply: from rbl_reply_maps, or default_rbl_reply. */
function refuse(run: Evaluation, list: string, what: string, about: string, reason: string): Status {
  const { settings } = run.host;
  const table = findInTables(run.host.tables('rbl_reply_maps'), list, 'whole', run.read('rbl_reply_maps'));
  if (table.status === 'failed') return run.lookupFailure(list, table.because);
  const values = {
    rbl_code: settings.text('maps_rbl_reject_code'),
    rbl_domain: list.replace(/=.*$/s, ''),
    rbl_reason: reason,
    rbl_txt: reason,
    rbl_what: what,
    rbl_class: about,
  };
  const template = table.status === 'found' ? table.value : settings.effective.get('default_rbl_reply')?.raw;
  const text =
    fillTemplate(run, template ?? '', values) ??
    fillTemplate(run, settings.effective.get('default_rbl_reply')?.raw ?? '', values) ??
    '';
  if (!/^[45]\d\d /.test(text)) return run.reject(450, '4.7.1', 'Service unavailable');
  const { status, text: words } = splitStatus(text.slice(4), '4.7.1');
  return run.reject(Number(text.slice(0, 3)), fitStatus(status, about), words || 'Service unavailable');
}

/** An allow list does not open the relay: only mail for our own domains may pass by it. */
function permit(run: Evaluation, subject: string, list: string, what: string, about: string): Status {
  if (
    run.stage === 'RCPT' &&
    run.recipient !== undefined &&
    permitAuthDestination(run, run.recipient) !== 'permit'
  )
    return 'dunno';
  const listing = lookUp(run, subject, list);
  if (listing.status === 'listed') return 'permit';
  if (listing.status === 'failed')
    return run.deferIfRejected(450, '4.7.1', `<${what}>: ${about} rejected: Service unavailable`);
  return 'dunno';
}

const named =
  (name: (run: Evaluation) => string | undefined, about: string): Check =>
  (run, list) => {
    const what = name(run);
    return what === undefined || what.toLowerCase() === 'unknown' || what === ''
      ? 'dunno'
      : rejectDomain(run, list, what, about);
  };

const rejectClient: Check = (run, list) => rejectAddress(run, list);

/** Restrictions that ask DNS lists. */
export const listChecks: Readonly<Record<string, Check>> = {
  reject_rbl_client: rejectClient,
  reject_rbl: rejectClient,
  reject_maps_rbl(run) {
    for (const list of splitTables(run.host.settings.text('maps_rbl_domains'))) {
      const status = rejectAddress(run, list);
      if (status !== 'dunno') return status;
    }
    return 'dunno';
  },
  permit_dnswl_client: (run, list) =>
    permit(run, reversed(withoutMapping(run.client.address)), list, run.client.address, replyClass.client),
  permit_rhswl_client: (run, list) =>
    run.client.name.toLowerCase() === 'unknown'
      ? 'dunno'
      : permit(run, run.client.name, list, run.client.name, replyClass.client),
  reject_rhsbl_client: named((run) => run.client.name, replyClass.client),
  reject_rhsbl_reverse_client: named((run) => run.client.reverseName, replyClass.reverseClient),
  reject_rhsbl_helo: named((run) => run.heloName, replyClass.helo),
  reject_rhsbl_sender: named((run) => run.sender || undefined, replyClass.sender),
  reject_rhsbl_recipient: named((run) => run.recipient, replyClass.recipient),
};
