import { syntaxProblems, type ProblemCode } from '@postern/config';
import type { Place } from '../model/verdict.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import { splitTables } from '../tables/open.ts';
import type { Host } from './host.ts';
import type { Files } from './settings.ts';

/** What ends the way of mail to foreign domains: smtpd does not start when neither relay nor recipient restrictions hold one. */
export const relayStops: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject',
  'defer',
  'defer_if_permit',
  'check_relay_domains',
];

/** Why smtpd does not start: a parameter, or a file whose form is broken. */
export interface Broken {
  readonly list: string;
  readonly because: string;
  readonly at: Place;
}

/** Mistakes of form at which every program of Postfix, or master(8), gives up. */
const fatalForms: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'missing-equals',
  'missing-name',
  'too-few-fields',
  'unknown-service-type',
  'unclosed-brace',
]);

/** The first mistake of form at which Postfix gives up. */
export function findBrokenForm({ main, master }: Files): Broken | undefined {
  const problem = [main, ...(master ? [master] : [])]
    .flatMap((tree) => syntaxProblems(tree))
    .find(({ code }) => fatalForms.has(code));
  if (!problem) return undefined;
  const { file, at, message } = problem;
  return { list: file, because: `${file}:${at.line}: ${message}`, at: { file, line: at.line } };
}

/** What smtpd reads when it starts, besides the parameters that bear its name. */
const readAtStart = new Set(
  (
    'myhostname mydomain myorigin mydestination mynetworks inet_interfaces proxy_interfaces relay_domains ' +
    'virtual_alias_maps virtual_mailbox_maps local_recipient_maps relay_recipient_maps canonical_maps ' +
    'recipient_canonical_maps virtual_alias_domains virtual_mailbox_domains rbl_reply_maps recipient_delimiter'
  ).split(' '),
);

/** Parameters that smtpd reads and whose values cannot be had. */
export function findUnreadable({ settings }: Host): Host['unreadable'] {
  const classes = new Set(splitTables(settings.text('smtpd_restriction_classes')));
  return settings.effective.names.flatMap((name) => {
    if (!name.startsWith('smtpd_') && !readAtStart.has(name) && !classes.has(name)) return [];
    const trouble = settings.unreadable(name);
    return trouble ? [{ name, ...trouble }] : [];
  });
}

/** Why smtpd would not start with these lists, if so. */
export function findBroken(host: Host): Broken | undefined {
  const { settings } = host;
  const broken = (list: string, because: string): Broken => ({ list, because, at: settings.place(list) });
  const fatal = host.unreadable.find((each) => each.fatal);
  if (fatal) return broken(fatal.name, fatal.because);
  // What is not known of a list may close it.
  if (host.unreadable.length > 0) return undefined;
  const lists = settings.has('smtpd_relay_restrictions')
    ? ['smtpd_relay_restrictions', 'smtpd_recipient_restrictions']
    : ['smtpd_recipient_restrictions'];
  for (const name of splitTables(settings.text('smtpd_restriction_classes'))) {
    if (settings.text(name).trim() === '')
      return broken(name, `restriction class "${name}" needs a definition`);
  }
  const closed = lists.map((list) => closes(host, host.list(list).nodes));
  if (closed.includes('endless'))
    return broken(lists[0]!, 'restriction classes that lead back to themselves hold nothing that closes it');
  if (closed.includes('yes')) return undefined;
  return broken(lists[0]!, `${lists.join(' or ')} must hold at least one of: ${relayStops.join(', ')}`);
}

/**
 * Whether a list holds something that closes it. smtpd looks into classes without end; here each is looked into once,
 * for what it does not hold the first time it does not hold the second.
 *
 * @see has_required in smtpd_check.c
 */
function closes(host: Host, list: readonly RestrictionNode[]): 'yes' | 'no' | 'endless' {
  const entered = new Set<string>();
  const open = [{ name: '', nodes: list, at: 0 }];
  for (let inner = open.at(-1); inner; inner = open.at(-1)) {
    const node = inner.nodes[inner.at++];
    if (node && inner.nodes[inner.at - 2]?.kind === 'warn') continue;
    // Nothing behind a permit counts.
    if (node === undefined || node.name === 'permit') {
      open.pop();
      continue;
    }
    if (relayStops.includes(node.name)) return 'yes';
    if (node.kind !== 'class') continue;
    if (!entered.has(node.name)) {
      entered.add(node.name);
      open.push({ name: node.name, nodes: host.restrictionClass(node.name)!.nodes, at: 0 });
    } else if (open.some(({ name }) => name === node.name)) return 'endless';
  }
  return 'no';
}
