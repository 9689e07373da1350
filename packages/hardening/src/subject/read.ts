import {
  findService,
  layoutOf,
  parameter,
  parseMain,
  parseMaster,
  restrictionLists,
  satisfies,
  serviceOf,
  type MainCf,
  type MasterCf,
} from '@postern/config';
import type { Configuration } from '../configuration.ts';
import { classesOf } from '../knowledge/relay-control.ts';
import type { RestrictionList } from './restrictions.ts';
import { createScope, placeIn, type Source } from './scope.ts';
import { isLoopback, roleOf } from './server-role.ts';
import { findProblems, type FoundProblem, type Process } from './found-problem.ts';
import type { Setting } from './setting.ts';
import type { Scope, SmtpServer, Subject } from './subject.ts';

/** What a reader of a configuration may be told besides it. */
export interface ReadOptions {
  readonly berkeleyDb?: boolean;
}

/** Reads a configuration into what rules and measures look at. Values are worked out when somebody asks. */
export function readSubject(configuration: Configuration, { berkeleyDb }: ReadOptions = {}): Subject {
  const { version, names = {} } = configuration;
  const [main, master] = treesOf(configuration);
  const source: Source = {
    version,
    main,
    master,
    mainFile: { name: names.main ?? 'main.cf', layout: layoutOf(main) },
    masterFile: { name: names.master ?? 'master.cf', layout: layoutOf(master) },
  };
  const mainScope = createScope(source);
  const processes = master.entries
    .filter((entry) => entry.type === 'service')
    // Of two with one name and type only the last runs.
    .filter((entry) => entry === findService(master, entry.name, entry.serviceType))
    .map((entry): Process => ({
      entry,
      service: serviceOf(entry),
      at: placeIn(source.masterFile, entry),
      scope: createScope(source, entry),
    }));
  const servers = readServers(processes, mainScope);
  let lists: RestrictionList[] | undefined;
  let problems: readonly FoundProblem[] | undefined;
  const subject: Subject = {
    version,
    configuration,
    main: { ...mainScope, tree: main },
    master,
    services: processes.map(({ entry, service, at }) => ({ entry, service, at })),
    servers,
    get lists() {
      return (lists ??= distinctLists(servers));
    },
    restrictions: (...wanted) =>
      subject.lists.flatMap((list) => list.named(...wanted).map((item) => ({ list, item }))),
    settings: (name, of = () => true) =>
      distinct(servers.filter((server) => of(server)).map((server) => server.setting(name))),
    writtenSettings: () => [
      ...parameterNamesOf(main).map((name) => mainScope.setting(name)),
      ...processes.flatMap(({ service, scope }) =>
        [...new Set(service.options.map(({ name }) => name))].map((name) => scope.setting(name)),
      ),
    ],
    problems(...codes) {
      problems ??= findProblems(source, mainScope, processes);
      return problems.filter(({ code }) => codes.includes(code));
    },
    placeOfParameter: (entry) => placeIn(source.mainFile, entry),
    placeInMain: (offset) => ({ file: source.mainFile.name, ...source.mainFile.layout.positionAt(offset) }),
    placeInMaster: (offset) => ({
      file: source.masterFile.name,
      ...source.masterFile.layout.positionAt(offset),
    }),
    satisfies: (range) => satisfies(version, range),
    knows: (name) => parameter(name, version) !== undefined,
    file: (path) => configuration.files?.(path),
    berkeleyDb,
  };
  return subject;
}

function treesOf({ main, master }: Configuration): [MainCf, MasterCf] {
  return [
    typeof main === 'string' ? parseMain(main) : main,
    typeof master === 'string' ? parseMaster(master) : master,
  ];
}

function parameterNamesOf({ entries }: MainCf): string[] {
  return [...new Set(entries.flatMap((entry) => (entry.type === 'parameter' ? [entry.name] : [])))];
}

function readServers(processes: readonly Process[], main: Scope): SmtpServer[] {
  const servers = processes
    .filter(
      ({ service }) => service.command === 'smtpd' && (service.type === 'inet' || service.type === 'pass'),
    )
    .map(({ service, at, scope }): SmtpServer => ({
      ...scope,
      role: roleOf(service, scope),
      service,
      at,
      loopback: isLoopback(service, scope),
    }));
  if (servers.length > 0) return servers;
  // Where other services stand and no smtpd, nobody can connect.
  const loopback = processes.length > 0 || isLoopback(undefined, main);
  return [{ ...main, role: 'mx', service: undefined, at: undefined, loopback }];
}

function distinctLists(servers: readonly SmtpServer[]): RestrictionList[] {
  const found = new Map<string, RestrictionList>();
  for (const server of servers) {
    const classes = classesOf(server);
    for (const name of [...restrictionLists, ...classes]) {
      const list = server.list(name);
      if (list.items.length > 0 && !found.has(list.setting.key)) found.set(list.setting.key, list);
    }
  }
  return [...found.values()];
}

function distinct(settings: readonly Setting[]): Setting[] {
  return [...new Map(settings.map((setting) => [setting.key, setting])).values()];
}
