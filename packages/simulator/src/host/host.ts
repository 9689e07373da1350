import { findService } from '@postern/config';
import type { ExtensionRules } from '../address/extension.ts';
import { rewriteAddress, type RewriteRules } from '../address/rewrite.ts';
import { matchList, type MatchKind, type MatchList } from '../match/match-list.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Place } from '../model/verdict.ts';
import type { World } from '../model/world.ts';
import {
  compileList,
  compileWords,
  type CompiledList,
  type RestrictionNode,
} from '../restrictions/compile.ts';
import { evaluateWithin } from '../restrictions/evaluate.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import { openTable, splitTables } from '../tables/open.ts';
import type { Lookup, Table } from '../tables/table.ts';
import { findCycles } from './cycles.ts';
import { defaultNetworks, loopback, ownAddresses, type OwnAddresses } from './own-addresses.ts';
import { problemsOfFiles, problemsOfForm } from './problems.ts';
import { findBroken, findBrokenForm, findUnreadable, type Broken } from './required.ts';
import { findListener, readFiles, readSettings, type Files, type Settings } from './settings.ts';
import { split } from './words.ts';

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
  /** The clients that may say by XCLIENT who they are; no limit holds for them either. */
  readonly xclientHosts: MatchList;
  /** The sender of our own address probes, completed and in lower case; empty when it is the null sender. */
  readonly verifySender: string;
  /** How trivial-rewrite(8) sees addresses: by its own parameters, which the service's `-o` do not reach. */
  readonly resolving: Resolving;
  readonly accessParents: boolean;
  /** Compiled restriction lists by parameter name. */
  list(name: string): CompiledList;
  isClass(name: string): boolean;
  /** A restriction class by name; undefined for a name that is none. */
  restrictionClass(name: string): CompiledList | undefined;
  tables(parameter: string): readonly Table[];
  table(name: string): Table;
  parentStyle(feature: string): boolean;
  /** The addresses of each name in /etc/hosts, by the name in lower case; undefined where the file is not known. */
  readonly hostsFile: ReadonlyMap<string, readonly string[]> | undefined;
  /** Parameters of smtpd whose values cannot be had: Postfix would stop at them, or they are longer than is read. */
  readonly unreadable: readonly {
    readonly name: string;
    readonly fatal: boolean;
    readonly because: string;
  }[];
  /** Why smtpd would not start, if so. */
  readonly broken: Broken | undefined;
  readonly problems: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  /** Evaluates restrictions that stand in place of an action. @param place  of the table's entry */
  evaluateText(run: Evaluation, text: string, place: Place, context: Context): Status;
  /** For tables that are in no file: the answer of the running evaluation. */
  answer: (table: string, key: string) => Lookup | undefined;
}

/** Compiled actions of tables and policy servers that are kept. */
const mostTexts = 1000;

const hosts = new WeakMap<Configuration, WeakMap<World, Map<string, Host>>>();
const parsed = new WeakMap<Configuration, Files>();

/** The host for a configuration, a world and a service; what the two objects say is read once. */
function hostFor(configuration: Configuration, world: World, service: string): Host {
  let worlds = hosts.get(configuration);
  if (!worlds) hosts.set(configuration, (worlds = new WeakMap()));
  let services = worlds.get(world);
  if (!services) worlds.set(world, (services = new Map()));
  let host = services.get(service);
  if (!host) services.set(service, (host = makeHost(configuration, world, service)));
  return host;
}

/** Who answers at a service: smtpd, and before it postscreen, each with the parameters of its own line in master.cf. */
export interface Door {
  readonly postscreen: Host | undefined;
  readonly smtpd: Host;
}

export function doorFor(configuration: Configuration, world: World, service: string): Door {
  const first = hostFor(configuration, world, service);
  const { settings } = first;
  // Before 2.8 nothing hands clients on: what stands there is looked at as an smtpd.
  if (settings.program !== 'postscreen' || !settings.has('smtpd_service_name'))
    return { postscreen: undefined, smtpd: first };
  const behind = `${settings.text('smtpd_service_name')}/pass`;
  return { postscreen: first, smtpd: hostFor(configuration, world, behind) };
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
  const included = configuration.files && readFile;
  const opened = new Map<string, Table>();
  const compiled = new Map<string, CompiledList>();
  const tableLists = new Map<string, readonly Table[]>();
  const aliases = new Set(splitTables(settings.text('alias_maps')));
  const classes = new Map<string, CompiledList>();
  const texts = new Map<string, readonly RestrictionNode[]>();
  const classNames = new Set(splitTables(settings.text('smtpd_restriction_classes')));
  const inherited = !settings.isSet('alias_maps');
  const parentFeatures = new Set(
    splitTables(settings.text('parent_domain_matches_subdomains')).map((name) => name.toLowerCase()),
  );

  const open = (name: string): Table => {
    let table = opened.get(name);
    if (!table) {
      // The users may be known where no file is.
      const isKnown = configuration.files ?? (world.users && name.endsWith('unix:passwd.byname'));
      const sources = {
        files: isKnown ? readFile : undefined,
        answers: (each: string, key: string) => host.answer(each, key),
      };
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
  const lists: MatchList[] = [];
  const readList = (text: string, kind: MatchKind, parents: boolean): MatchList => {
    const list = matchList(text, kind, parents, open, included);
    lists.push(list);
    return list;
  };
  const makeList = (parameter: string, kind: MatchKind, text = settings.text(parameter)): MatchList =>
    readList(text, kind, parentFeatures.has(parameter));
  const inner = (name: string, program: string): Settings =>
    internalSettings(files, configuration, world, settings.text(`${name}_service_name`) || name, program);
  const flushDomains = lazy(() =>
    makeList('fast_flush_domains', 'domain', inner('flush', 'flush').text('fast_flush_domains')),
  );
  const resolving = lazy(() => makeResolving(inner('rewrite', 'trivial-rewrite'), tablesIn, readList));

  const own = ownAddresses(settings, world.interfaces ?? loopback, () => []);
  const networks =
    settings.effective.get('mynetworks')?.origin.type === 'host'
      ? defaultNetworks(settings.text('mynetworks_style').toLowerCase() || 'subnet', own.interfaces)
      : settings.text('mynetworks');
  const mydestination = lazy(() => makeList('mydestination', 'string'));
  const relayDomains = lazy(() => makeList('relay_domains', 'domain'));
  const backupNetworks = lazy(() => makeList('permit_mx_backup_networks', 'address'));
  const unlimitedClients = lazy(() => makeList('smtpd_client_event_limit_exceptions', 'address'));
  const xclientHosts = lazy(() => makeList('smtpd_authorized_xclient_hosts', 'address'));
  const verifySender = lazy(() => {
    const sender = settings.text('address_verify_sender');
    return sender === '<>' ? '' : rewriteAddress(sender, host.resolving.rewriteRules).toLowerCase();
  });
  const mynetworks = lazy(() => makeList('mynetworks', 'address', networks));
  const broken = lazy(() => findBrokenForm(files) ?? findBroken(host));
  const hostsFile = lazy(() => readHosts(configuration.files?.('/etc/hosts')));
  const unreadable = lazy(() => findUnreadable(host));
  const cycles = lazy(() => findCycles(host));
  const ofForm = lazy(() => problemsOfForm(files));
  let told: { readonly size: number; readonly problems: Host['problems'] } = { size: -1, problems: [] };

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
    get xclientHosts() {
      return xclientHosts();
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
    isClass: (name) => classNames.has(name),
    restrictionClass(name) {
      let list = classes.get(name);
      if (!list && classNames.has(name)) classes.set(name, (list = compileList(host, name)));
      return list;
    },
    tables(parameter) {
      let list = tableLists.get(parameter);
      if (!list) tableLists.set(parameter, (list = tablesIn(settings.text(parameter))));
      return list;
    },
    table: open,
    parentStyle: (feature) => parentFeatures.has(feature),
    get hostsFile() {
      return hostsFile();
    },
    get unreadable() {
      return unreadable();
    },
    get broken() {
      return broken();
    },
    get problems() {
      // What decides whose mail it is: told of also where nobody has asked so far.
      for (const read of [mynetworks, mydestination, relayDomains]) read();
      // All else is opened when it is first asked, and tells of its mistakes then.
      const size = opened.size + lists.length;
      if (told.size !== size) {
        const tables = [...opened.values()];
        told = {
          size,
          problems: [
            ...ofForm(),
            ...cycles(),
            ...problemsOfFiles(settings, tables, lists),
            ...tables.flatMap(({ problems }) => problems),
          ],
        };
      }
      return told.problems;
    },
    evaluateText(run, text, { file, line }, context) {
      const name = file === null ? text : `${file}:${line}`;
      return evaluateWithin(run, name, context, () => {
        const key = `${file}:${line} ${text}`;
        let nodes = texts.get(key);
        if (!nodes) {
          // Policy servers may say something else each time.
          if (texts.size >= mostTexts) texts.clear();
          nodes = compileWords(
            host,
            split(text).map((word) => ({ text: word.text, file, line })),
          );
          texts.set(key, nodes);
        }
        return nodes;
      });
    },
    answer: () => undefined,
  };
  return host;
}

/** `192.0.2.1  mx.example.com mx  # comment` */
function readHosts(text: string | undefined): Map<string, string[]> | undefined {
  if (text === undefined) return undefined;
  const named = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address) continue;
    for (const name of new Set(names.map((each) => each.toLowerCase()))) {
      const known = named.get(name);
      if (known) known.push(address);
      else named.set(name, [address]);
    }
  }
  return named;
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
  tablesIn: (text: string) => readonly Table[],
  readList: (text: string, kind: MatchKind, parents: boolean) => MatchList,
): Resolving {
  const parents = splitTables(settings.text('parent_domain_matches_subdomains')).includes('relay_domains');
  const list = (name: string, kind: MatchKind): MatchList =>
    readList(settings.text(name), kind, kind === 'domain' && parents);
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
