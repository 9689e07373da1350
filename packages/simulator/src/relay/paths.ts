import type { Host } from '../host/host.ts';
import type { DecidedBy } from '../model/verdict.ts';
import type { Transaction } from '../model/transaction.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import { strangersDomain } from './obliging-resolver.ts';
import type { View } from './views.ts';

/** Something in a list that may let foreign mail pass before the list is closed. */
export interface Gap {
  readonly by: DecidedBy;
  /** A transaction that would go through it; undefined where only the unknown could say so. */
  readonly through: Partial<Transaction> | undefined;
  readonly because: string;
}

/** What becomes of foreign mail in one list. */
export interface ListPaths {
  readonly list: string;
  /** The restriction that refuses what has come so far; undefined when the list may be left at its end. */
  readonly closedBy: DecidedBy | undefined;
  readonly gaps: readonly Gap[];
}

/** Restrictions that refuse all foreign mail that comes to them. */
const closing = new Set(['reject_unauth_destination', 'defer_unauth_destination', 'reject', 'defer']);

/** Restrictions that permit nothing to a client without login and certificate, for a recipient that is not ours. */
const harmless = new Set([
  'permit_sasl_authenticated',
  'permit_tls_clientcerts',
  'permit_tls_all_clientcerts',
  'permit_auth_destination',
  'permit_dnswl_client',
  'permit_rhswl_client',
  'warn_if_reject',
  'sleep',
]);

/** A recipient that is nobody's here. */
export const foreignRecipient: string = `victim@${strangersDomain}`;

/**
 * Follows foreign mail through a list, symbolically: whatever the client says, which restrictions may permit it before
 * one refuses it for certain? A list is proved closed when there are none.
 */
export function pathsThrough(host: Host, list: string, view: View): ListPaths {
  const gaps: Gap[] = [];
  const closedBy = walk(host, list, host.list(list).nodes, view, gaps, 0);
  return { list, closedBy, gaps };
}

function walk(
  host: Host,
  list: string,
  nodes: readonly RestrictionNode[],
  view: View,
  gaps: Gap[],
  depth: number,
): DecidedBy | undefined {
  for (const [index, node] of nodes.entries()) {
    const by: DecidedBy = {
      list,
      restriction: node.name || (node.argument ?? ''),
      ...(node.argument !== undefined && { argument: node.argument }),
      file: node.file,
      line: node.line,
    };
    const warned = nodes[index - 1]?.kind === 'warn';
    if (node.kind === 'fault') return by; // smtpd refuses everything with 451
    if (node.kind === 'class') {
      if (depth > 20) return by;
      const inner = walk(host, list, host.restrictionClass(node.name)!.nodes, view, gaps, depth + 1);
      if (inner && !warned) return inner;
      continue;
    }
    if (closing.has(node.name)) {
      if (!warned) return by;
      continue;
    }
    if (harmless.has(node.name) || (node.name.startsWith('reject_') && !warned)) continue;
    const gap = gapAt(host, node, view);
    if (!gap) continue;
    gaps.push({ by, ...gap });
    // Nothing behind a bare permit is reached.
    if (node.name === 'permit') return undefined;
  }
  return undefined;
}

function gapAt(host: Host, node: RestrictionNode, view: View): Omit<Gap, 'by'> | undefined {
  switch (node.name) {
    case 'permit':
      return { through: {}, because: 'it permits everybody' };
    case 'permit_mynetworks':
      return host.mynetworks.match(undefined, view.address, () => undefined).status === 'match'
        ? { through: {}, because: `${view.address} is in mynetworks` }
        : namesIn(
            host.mynetworks.tables.map(({ name }) => name),
            'mynetworks',
          );
    case 'permit_inet_interfaces':
      return host.own.isOwn(view.address)
        ? { through: {}, because: 'it is an address of this host' }
        : undefined;
    case 'permit_naked_ip_address':
      return { through: { helo: view.address }, because: 'a client need only give an address with HELO' };
    case 'permit_mx_backup':
      return host.settings.text('permit_mx_backup_networks').trim() === ''
        ? {
            through: undefined,
            because: 'whoever names this host as a mail server of a domain may relay to that domain',
          }
        : undefined;
    case 'check_policy_service':
      return { through: undefined, because: 'the policy server may answer OK' };
    case 'check_relay_domains':
      return { through: undefined, because: 'it permits clients whose name is in relay_domains' };
    default:
      return /^check_.*_access$/.test(node.name) || node.kind === 'table' ? tableGap(host, node) : undefined;
  }
}

function namesIn(tables: readonly string[], what: string): Omit<Gap, 'by'> | undefined {
  const unread = tables.filter(
    (name) => !/^(?:hash|btree|lmdb|cdb|texthash|cidr|regexp|pcre|inline|static):/.test(name),
  );
  return unread.length === 0
    ? undefined
    : { through: undefined, because: `${unread.join(', ')} in ${what} is not known` };
}

/** Tables by certificate and login say nothing of strangers; those of servers may not permit. */
const otherTables = /^check_(?:ccert|sasl|etrn|.*_(?:a|mx|ns)|reverse_client_hostname)_access$/;

/** An access table may hold what permits. What it holds is tried; what cannot be read is not known. */
function tableGap(host: Host, node: RestrictionNode): Omit<Gap, 'by'> | undefined {
  const { name } = node;
  const table = node.argument!;
  if (otherTables.test(name)) return undefined;
  const field =
    name === 'check_sender_access'
      ? 'from'
      : name === 'check_helo_access'
        ? 'helo'
        : name === 'check_client_access'
          ? undefined
          : 'to';
  const because = `${table} may permit`;
  const entries = permittingKeys(host, table);
  if (entries === undefined) return { through: undefined, because };
  const values = entries.flatMap((key) => {
    if (field === undefined) return [];
    if (field === 'helo') return [key.replace(/^\./, 'x.')];
    if (key === '<>') return [''];
    if (key.endsWith('@')) return [`${key}${strangersDomain}`];
    if (key.includes('@')) return [key];
    return [`victim@${key.startsWith('.') ? `x${key}` : key}`];
  });
  // A partner who is named by address or a destination that is named in full is what somebody wanted.
  if (field === undefined || field === 'to') {
    const open = field === 'to' ? values.filter((value) => value.endsWith(`@${strangersDomain}`)) : [];
    return open[0] === undefined
      ? undefined
      : { through: { to: [open[0]] }, because: `${table} permits ${open[0]}` };
  }
  const [value] = values;
  if (value === undefined) return undefined;
  return { through: { [field]: value }, because: `${table} permits every client that says ${value}` };
}

/** The keys of a table whose value may permit; undefined when the table cannot be listed. */
function permittingKeys(host: Host, table: string): string[] | undefined {
  const match = /^(hash|btree|lmdb|cdb|texthash|inline):(.*)$/s.exec(table);
  if (!match) return undefined;
  if (match[1] === 'inline') return /=\s*(?:OK|RELAY|\d+)\b/i.test(match[2]!) ? undefined : [];
  const text = host.configuration.files?.(match[2]!);
  if (text === undefined) return []; // the table fails: 451
  return text.split('\n').flatMap((line) => {
    const entry = /^([^#\s]\S*)\s+(.*)$/.exec(line);
    if (!entry) return [];
    return /^(?:dunno|reject|defer|warn|info|hold|filter|redirect|bcc|prepend|discard|[45]\d\d\s)/i.test(
      entry[2]!,
    )
      ? []
      : [entry[1]!];
  });
}
