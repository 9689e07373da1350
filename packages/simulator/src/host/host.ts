import { findService } from '@postern/config';
import type { ExtensionRules } from '../address/extension.ts';
import { rewriteAddress, type RewriteRules } from '../address/rewrite.ts';
import { matchList, type MatchKind, type MatchList } from '../match/match-list.ts';
import type { Configuration } from '../model/configuration.ts';
import type { World } from '../model/world.ts';
import { compileList, compileWords, type CompiledList } from '../restrictions/compile.ts';
import { evaluateNodes } from '../restrictions/evaluate.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import { openTable, splitTables } from '../tables/open.ts';
import type { Lookup, Table } from '../tables/table.ts';
import { defaultNetworks, loopback, ownAddresses, type OwnAddresses } from './own-addresses.ts';
import { findListener, readFiles, readSettings, type Files, type Settings } from './settings.ts';
import type { Word } from './words.ts';

/** What decides how addresses are completed and to which class they belong. */
export interface Resolving {
  readonly settings: Settings;
  readonly rewriteRules: RewriteRules;
  readonly mydestination: MatchList;
  readonly relayDomains: MatchList;
  readonly virtualAliasDomains: MatchList;
  readonly virtualMailboxDomains: MatchList;
  readonly transportMaps: readonly Table[];
  readonly relocatedMaps: readonly Table[];
}

/** One service of a configuration on a host, read once and asked for many transactions. */
export interface Host {
  readonly configuration: Configuration;
  readonly world: World;
  readonly settings: Settings;
  readonly service: string;
  readonly own: OwnAddresses;
  readonly extension: ExtensionRules;
  readonly mynetworks: MatchList;
  readonly mydestination: MatchList;
  readonly relayDomains: MatchList;
  readonly permitMxBackupNetworks: MatchList;
  /** The domains that flush(8) keeps logs for, by its own parameters. */
  readonly flushDomains: MatchList;
  /** The clients that no limit holds for. */
  readonly unlimitedClients: MatchList;
  /** The sender of our own address probes, completed and in lower case; empty when it is the null sender. */
  readonly verifySender: string;
  /** How trivial-rewrite(8) sees addresses: by its own parameters, which the service's `-o` do not reach. */
  readonly resolving: Resolving;
  readonly accessParents: boolean;
  /** Compiled restriction lists by parameter name. */
  list(name: string): CompiledList;
  /** A restriction class by name; undefined for a name that is none. */
  restrictionClass(name: string): CompiledList | undefined;
  tables(parameter: string): readonly Table[];
  table(name: string): Table;
  matchList(parameter: string, kind: MatchKind): MatchList;
  parentStyle(feature: string): boolean;
  /** Why smtpd would not start, if so. */
  readonly broken: { readonly list: string; readonly because: string } | undefined;
  readonly problems: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  /** Evaluates restrictions that a table holds in place of an action. */
  evaluateWords(run: Evaluation, words: readonly Word[], context: Context): Status;
  /** For tables that are in no file: the answer of the running evaluation. */
  answer: (table: string, key: string) => Lookup | undefined;
}

const hosts = new WeakMap<Configuration, WeakMap<World, Map<string, Host>>>();
const parsed = new WeakMap<Configuration, Files>();

/** The host for a configuration, a world and a service; what the two objects say is read once. */
export function hostFor(configuration: Configuration, world: World, service: string): Host {
  let worlds = hosts.get(configuration);
  if (!worlds) hosts.set(configuration, (worlds = new WeakMap()));
  let services = worlds.get(world);
  if (!services) worlds.set(world, (services = new Map()));
  let host = services.get(service);
  if (!host) services.set(service, (host = makeHost(configuration, world, service)));
  return host;
}

function makeHost(configuration: Configuration, world: World, service: string): Host {
  let files = parsed.get(configuration);
  if (!files) parsed.set(configuration, (files = readFiles(configuration)));
  const listener = findListener(files.master, service);
  const settings = readSettings(
    files,
    configuration.version,
    world.hostname ?? 'localhost',
    world.stress ?? '',
    listener,
  );
  const readFile = (path: string): string | undefined => {
    if (path === '/etc/passwd' && world.users)
      return world.users.map((user) => `${user}:x:1000:1000::/home/${user}:/bin/sh\n`).join('');
    return configuration.files?.(path);
  };
  const opened = new Map<string, Table>();
  const compiled = new Map<string, CompiledList>();
  const tableLists = new Map<string, readonly Table[]>();
  const aliases = new Set(splitTables(settings.text('alias_maps')));
  const classes = new Map<string, CompiledList>();
  const inherited = !settings.isSet('alias_maps');
  const parentFeatures = new Set(
    splitTables(settings.text('parent_domain_matches_subdomains')).map((name) => name.toLowerCase()),
  );

  const open = (name: string): Table => {
    let table = opened.get(name);
    if (!table) {
      const sources = { files: readFile, answers: (each: string, key: string) => host.answer(each, key) };
      table = openTable(name, sources, aliases.has(name) ? 'aliases' : 'maps');
      opened.set(name, table);
    }
    return table;
  };
  const tablesIn = (text: string): readonly Table[] =>
    splitTables(text)
      // A default names NIS, which is empty on a host without a NIS domain; whoever means it writes it down.
      .filter((name) => !(inherited && name === 'nis:mail.aliases'))
      .map((name) => open(name));
  const makeList = (parameter: string, kind: MatchKind, text = settings.text(parameter)): MatchList =>
    matchList(text, kind, parentFeatures.has(parameter), open, readFile);
  const inner = (name: string, program: string): Settings =>
    internalSettings(files, configuration, world, settings.text(`${name}_service_name`) || name, program);
  const flushDomains = lazy(() =>
    makeList('fast_flush_domains', 'domain', inner('flush', 'flush').text('fast_flush_domains')),
  );
  const resolving = lazy(() => makeResolving(inner('rewrite', 'trivial-rewrite'), open, tablesIn, readFile));

  const own = ownAddresses(settings, world.interfaces ?? loopback, () => []);
  const networks =
    settings.effective.get('mynetworks')?.origin.type === 'host'
      ? defaultNetworks(settings.text('mynetworks_style').toLowerCase() || 'subnet', own.interfaces)
      : settings.text('mynetworks');
  const mydestination = lazy(() => makeList('mydestination', 'string'));
  const relayDomains = lazy(() => makeList('relay_domains', 'domain'));
  const backupNetworks = lazy(() => makeList('permit_mx_backup_networks', 'address'));
  const unlimitedClients = lazy(() => makeList('smtpd_client_event_limit_exceptions', 'address'));
  const verifySender = lazy(() => {
    const sender = settings.text('address_verify_sender');
    return sender === '<>' ? '' : rewriteAddress(sender, host.resolving.rewriteRules).toLowerCase();
  });
  const mynetworks = lazy(() => makeList('mynetworks', 'address', networks));
  const broken = lazy(() => findBroken(host));
  const cycles = lazy(() => findCycles(host));
  let told: { readonly tables: number; readonly problems: Host['problems'] } = { tables: -1, problems: [] };

  const host: Host = {
    configuration,
    world,
    settings,
    service,
    own,
    extension: {
      delimiters: settings.text('recipient_delimiter'),
      ownerRequestSpecial: settings.flag('owner_request_special'),
      doubleBounceSender: settings.text('double_bounce_sender') || 'double-bounce',
    },
    get mynetworks() {
      return mynetworks();
    },
    get mydestination() {
      return mydestination();
    },
    get relayDomains() {
      return relayDomains();
    },
    get flushDomains() {
      return flushDomains();
    },
    get unlimitedClients() {
      return unlimitedClients();
    },
    get verifySender() {
      return verifySender();
    },
    get permitMxBackupNetworks() {
      return backupNetworks();
    },
    get resolving() {
      return resolving();
    },
    accessParents: parentFeatures.has('smtpd_access_maps'),
    list(name) {
      let list = compiled.get(name);
      if (!list) compiled.set(name, (list = compileList(host, name)));
      return list;
    },
    restrictionClass(name) {
      const known = classes.get(name);
      if (known) return known;
      if (!splitTables(settings.text('smtpd_restriction_classes')).includes(name)) return undefined;
      // Entered before it is compiled, for a class may lead back to itself.
      const list: { -readonly [Key in keyof CompiledList]: CompiledList[Key] } = { name, nodes: [] };
      classes.set(name, list);
      list.nodes = compileList(host, name).nodes;
      return list;
    },
    tables(parameter) {
      let list = tableLists.get(parameter);
      if (!list) tableLists.set(parameter, (list = tablesIn(settings.text(parameter))));
      return list;
    },
    table: open,
    matchList: makeList,
    parentStyle: (feature) => parentFeatures.has(feature),
    get broken() {
      return broken();
    },
    get problems() {
      // Tables are opened when they are first asked, and each tells of its mistakes then.
      if (told.tables !== opened.size)
        told = {
          tables: opened.size,
          problems: [...cycles(), ...[...opened.values()].flatMap(({ problems }) => problems)],
        };
      return told.problems;
    },
    evaluateWords: (run, words, context) => evaluateNodes(run, compileWords(host, words), context),
    answer: () => undefined,
  };
  return host;
}

/** A value that is made when it is first asked for. */
function lazy<T>(make: () => T): () => T {
  let value: { readonly is: T } | undefined;
  return () => (value ??= { is: make() }).is;
}

/** The parameters of a service that the listener asks, such as the rewriting service. */
function internalSettings(
  files: Files,
  { version }: Configuration,
  world: World,
  name: string,
  program: string,
): Settings {
  const there = files.master && findService(files.master, name, 'unix') !== undefined;
  const service = there ? ({ name, type: 'unix', program } as const) : undefined;
  return readSettings(files, version, world.hostname ?? 'localhost', world.stress ?? '', service);
}

function makeResolving(
  settings: Settings,
  open: (name: string) => Table,
  tablesIn: (text: string) => readonly Table[],
  files: (path: string) => string | undefined,
): Resolving {
  const parents = splitTables(settings.text('parent_domain_matches_subdomains')).includes('relay_domains');
  const list = (name: string, kind: MatchKind): MatchList =>
    matchList(settings.text(name), kind, kind === 'domain' && parents, open, files);
  return {
    settings,
    rewriteRules: {
      myorigin: settings.text('myorigin'),
      mydomain: settings.text('mydomain'),
      appendAtMyorigin: settings.flag('append_at_myorigin'),
      appendDotMydomain: settings.flag('append_dot_mydomain'),
      swapBangpath: settings.flag('swap_bangpath'),
      percentHack: settings.flag('allow_percent_hack'),
    },
    mydestination: list('mydestination', 'string'),
    relayDomains: list('relay_domains', 'domain'),
    virtualAliasDomains: list('virtual_alias_domains', 'string'),
    virtualMailboxDomains: list('virtual_mailbox_domains', 'string'),
    transportMaps: tablesIn(settings.text('transport_maps')),
    relocatedMaps: tablesIn(settings.text('relocated_maps')),
  };
}

/** What one of relay and recipient restrictions must hold, or smtpd does not start. */
const closing = new Set([
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject',
  'defer',
  'defer_if_permit',
  'check_relay_domains',
]);

function findBroken(host: Host): Host['broken'] {
  const lists = host.settings.has('smtpd_relay_restrictions')
    ? ['smtpd_relay_restrictions', 'smtpd_recipient_restrictions']
    : ['smtpd_recipient_restrictions'];
  for (const name of splitTables(host.settings.text('smtpd_restriction_classes'))) {
    if (host.settings.text(name).trim() === '')
      return { list: name, because: `restriction class "${name}" needs a definition` };
  }
  const closed = lists.map((list) => closes(host, host.list(list), []));
  if (closed.includes('endless'))
    return {
      list: lists[0]!,
      because: 'restriction classes that lead back to themselves hold nothing that closes it',
    };
  if (closed.includes('yes')) return undefined;
  return {
    list: lists[0]!,
    because: `${lists.join(' or ')} must hold at least one of: ${[...closing].join(', ')}`,
  };
}

/** Whether a list holds something that closes it; smtpd looks into classes without end. @see has_required in smtpd_check.c */
function closes(host: Host, { nodes }: CompiledList, path: readonly string[]): 'yes' | 'no' | 'endless' {
  for (const [index, node] of nodes.entries()) {
    if (nodes[index - 1]?.kind === 'warn') continue;
    // Nothing behind a permit counts.
    if (node.name === 'permit') return 'no';
    if (closing.has(node.name)) return 'yes';
    if (node.kind !== 'class') continue;
    if (path.includes(node.name)) return 'endless';
    const inner = closes(host, host.restrictionClass(node.name)!, [...path, node.name]);
    if (inner !== 'no') return inner;
  }
  return 'no';
}

/** Restriction classes that lead back to themselves, each told at its definition. */
function findCycles(host: Host): { file: string; line: number; message: string }[] {
  const told = new Set<string>();
  const found: { file: string; line: number; message: string }[] = [];
  const follow = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const cycle = path.slice(path.indexOf(name));
      const key = cycle.toSorted().join(' ');
      if (told.has(key)) return;
      told.add(key);
      const { file, line } = host.settings.place(name);
      const message = `the restriction classes ${[...cycle, name].join(' → ')} lead back to themselves`;
      found.push({ file: file ?? 'main.cf', line: line ?? 0, message });
      return;
    }
    for (const node of host.restrictionClass(name)?.nodes ?? [])
      if (node.kind === 'class') follow(node.name, [...path, name]);
  };
  for (const name of splitTables(host.settings.text('smtpd_restriction_classes'))) follow(name, []);
  return found;
}
