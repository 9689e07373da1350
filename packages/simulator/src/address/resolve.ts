import type { Host } from '../host/host.ts';
import { findAddress, findInTables } from './find.ts';
import { isHostname, mailHostAddress } from './hostname.ts';
import { rewriteAddress } from './rewrite.ts';
import type { Evaluation } from '../session/evaluation.ts';

/** The address classes of Postfix. @see ADDRESS_CLASS_README */
export type AddressClass = 'local' | 'virtual-alias' | 'virtual-mailbox' | 'relay' | 'default';

/** What trivial-rewrite(8) makes of an address. */
export interface Resolved {
  /** The whole address in lower case. */
  readonly address: string;
  readonly domain: string;
  readonly class: AddressClass;
  /** The local part asks for further routing: `user%elsewhere@here`. */
  readonly routed: boolean;
  /** No domain and no literal. */
  readonly malformed: boolean;
  readonly transport: string;
  readonly nexthop: string;
}

/** A table or list that resolving needs fails: smtpd answers 451. */
export interface Unresolved {
  readonly failed: string;
}

/**
 * Resolves an address: local domains are stripped with what stands behind them, until a remote one is left or none.
 *
 * @see resolve.c
 */
export function resolveAddress(run: Evaluation, written: string): Resolved | Unresolved {
  const { host } = run;
  const known = run.resolved.get(written);
  if (known) return known;
  const made = resolve(run, host, written);
  run.resolved.set(written, made);
  return made;
}

function resolve(run: Evaluation, host: Host, written: string): Resolved | Unresolved {
  const { rewriteRules: rules, mydestination } = host.resolving;
  let text = rewriteAddress(written, rules);
  let saved: string | undefined;
  let remote = false;
  for (let round = 0; round < written.length + 100; round++) {
    if (text.includes('@') && text.endsWith('.') && text.at(-2) !== '.') text = text.slice(0, -1);
    if (text.endsWith('@')) text = text.slice(0, -1);
    const at = text.lastIndexOf('@');
    if (at >= 0) {
      const local = run.isLocalDomain(text.slice(at + 1), mydestination);
      if (typeof local === 'object') return local;
      if (!local) {
        remote = true;
        break;
      }
      saved = text.slice(at);
      text = text.slice(0, at);
    }
    if (
      text.includes('@') ||
      (rules.swapBangpath && text.includes('!')) ||
      (rules.percentHack && text.includes('%'))
    ) {
      text = rewriteAddress(text, rules);
      continue;
    }
    if (text === '') text = host.resolving.settings.text('empty_address_recipient') || 'MAILER-DAEMON';
    break;
  }
  if (!remote) text += saved ?? `@${host.resolving.settings.text('myhostname')}`;
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  const base = {
    address: text.toLowerCase(),
    domain: domain.toLowerCase(),
    routed: /[@!%]/.test(text.slice(0, at)),
    malformed: domain.startsWith('[')
      ? !isLiteral(domain)
      : !isHostname(domain) && !isNumericAllowed(host, domain),
  };
  const placed = remote
    ? classify(run, host, domain)
    : transportOf('local', host.resolving.settings.text('local_transport'), domain);
  if ('failed' in placed) return placed;
  const routed = applyTables(run, host, base.address, domain, placed);
  return 'failed' in routed ? routed : { ...base, ...routed };
}

interface Placed {
  readonly class: AddressClass;
  readonly transport: string;
  readonly nexthop: string;
}

function classify(run: Evaluation, { resolving }: Host, domain: string): Placed | Unresolved {
  const { settings } = resolving;
  const alias = run.matchList(resolving.virtualAliasDomains, domain);
  if (alias.status === 'failed') return { failed: alias.because };
  if (alias.status === 'match') {
    const where = settings.flag('show_user_unknown_table_name') ? ' in virtual alias table' : '';
    return { class: 'virtual-alias', transport: 'error', nexthop: `5.1.1 User unknown${where}` };
  }
  const mailbox = run.matchList(resolving.virtualMailboxDomains, domain);
  if (mailbox.status === 'failed') return { failed: mailbox.because };
  if (mailbox.status === 'match')
    return transportOf('virtual-mailbox', settings.text('virtual_transport'), domain);
  const relay = run.matchList(resolving.relayDomains, domain);
  if (relay.status === 'failed') return { failed: relay.because };
  if (relay.status === 'match') return transportOf('relay', settings.text('relay_transport'), domain);
  return transportOf('default', settings.text('default_transport'), domain);
}

function transportOf(addressClass: AddressClass, parameter: string, domain: string): Placed {
  const colon = parameter.indexOf(':');
  const nexthop = colon < 0 ? '' : parameter.slice(colon + 1);
  return {
    class: addressClass,
    transport: colon < 0 ? parameter : parameter.slice(0, colon),
    nexthop: nexthop || domain,
  };
}

/** transport_maps and relocated_maps, as far as they make an address undeliverable. */
function applyTables(
  run: Evaluation,
  host: Host,
  address: string,
  domain: string,
  placed: Placed,
): Placed | Unresolved {
  let result = placed;
  if (host.resolving.transportMaps.length > 0 && placed.class !== 'virtual-alias') {
    const found = findTransport(run, host, address, domain);
    if (found && 'failed' in found) return found;
    if (found) {
      const colon = found.value.indexOf(':');
      const transport = colon < 0 ? found.value : found.value.slice(0, colon);
      const nexthop = colon < 0 ? '' : found.value.slice(colon + 1);
      const name = transport || result.transport;
      const reason = name === 'error' || name === 'retry' ? 'Address is undeliverable' : domain;
      result = { ...result, transport: name, nexthop: nexthop || (transport ? reason : result.nexthop) };
    }
  }
  if (host.resolving.relocatedMaps.length > 0) {
    const moved = findAddress(host.resolving.relocatedMaps, address, run, run.read('relocated_maps'));
    if (moved.status === 'failed') return { failed: moved.because };
    if (moved.status === 'found')
      return { ...result, transport: 'error', nexthop: `5.1.6 User has moved to ${moved.value}` };
  }
  return result;
}

function findTransport(
  run: Evaluation,
  host: Host,
  address: string,
  domain: string,
): { value: string } | Unresolved | undefined {
  const { transportMaps } = host.resolving;
  const read = run.read('transport_maps');
  let found = findInTables(transportMaps, address, 'whole', read);
  if (found.status === 'absent') {
    for (const key of transportKeys(run, host, address, domain)) {
      found = findInTables(transportMaps, key, 'part', read);
      if (found.status !== 'absent') break;
    }
  }
  if (found.status === 'failed') return { failed: found.because };
  return found.status === 'found' ? { value: found.value } : undefined;
}

/** What stands for an address in a transport table after the address itself. @see transport(5) */
function transportKeys(run: Evaluation, host: Host, address: string, domain: string): string[] {
  const keys: string[] = [];
  const bare = run.bareAddress(address);
  if (bare !== undefined) keys.push(bare);
  const parents = host.parentStyle('transport_maps');
  for (let key = domain.toLowerCase(); ;) {
    keys.push(key);
    const dot = key.indexOf('.', 1);
    if (dot < 0 || domain.startsWith('[')) break;
    key = key.slice(parents ? dot + 1 : dot);
  }
  keys.push('*');
  return keys;
}

function isLiteral(domain: string): boolean {
  return domain.endsWith(']') && mailHostAddress(domain.slice(1, -1)) !== undefined;
}

/** `user@1.2.3.4`, which resolve_numeric_domain lets pass as `user@[1.2.3.4]`. */
function isNumericAllowed(host: Host, domain: string): boolean {
  return (
    (domain === '' && host.resolving.settings.flag('resolve_null_domain')) ||
    (host.resolving.settings.flag('resolve_numeric_domain') && mailHostAddress(domain) !== undefined)
  );
}
