import { readAnsibleYaml } from './ansible-yaml.ts';
import { readFleetYaml } from './fleet-yaml.ts';
import { hostOf, machineOf, type FleetHost } from './host.ts';
import { readIni } from './ini.ts';
import { Layers } from './layers.ts';
import type { InventoryPlace, InventoryProblem } from './problem.ts';
import { readYaml, type YamlTree } from './yaml-tree.ts';

/** The hosts of a fleet. Plain JSON data. */
export interface Inventory {
  readonly file: string;
  /** In the order of the file. */
  readonly hosts: readonly FleetHost[];
  /** The names of the hosts of each group, those of its children among them. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** What was wrong, in the order of the file; hosts that it leaves out are not among `hosts`. */
  readonly problems: readonly InventoryProblem[];
}

export interface InventoryOptions {
  /** How places name it; `inventory` by default. */
  readonly file?: string;
  /** Hosts beyond this many are refused; 100 000 by default. */
  readonly maxHosts?: number;
  /** Variables from files of their own: group_vars and host_vars of Ansible, texts by file name. */
  readonly variables?: {
    readonly groups?: Readonly<Record<string, VariableFile>>;
    readonly hosts?: Readonly<Record<string, VariableFile>>;
  };
}

export interface VariableFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads an inventory: our own YAML (hosts at the top), or one of Ansible as YAML or INI. Bad entries are left out and
 * noted in `problems` with file and line; never throws.
 */
export function parseInventory(text: string, options: InventoryOptions = {}): Inventory {
  const { file = 'inventory', maxHosts = 100_000, variables = {} } = options;
  const layers = new Layers(maxHosts);
  readText(text.replace(/^\uFEFF/, ''), file, layers);
  layers.checkGroups();
  readVariableFiles(variables, layers);
  const members = layers.members();
  const hosts = makeHosts(members, layers);
  if (hosts.length === 0 && layers.problems.length === 0) {
    layers.complain(
      'error',
      'no-hosts',
      { file, line: 1, column: 1 },
      'there are no hosts',
      'Write at least one: its name on a line, or below hosts:.',
    );
  }
  const known = new Set(hosts.map(({ name }) => name));
  return {
    file,
    hosts,
    groups: Object.fromEntries(
      [...members].map(([name, names]) => [name, names.filter((each) => known.has(each))]),
    ),
    problems: layers.problems.toSorted((a, b) => (a.at.file === b.at.file ? a.at.line - b.at.line : 0)),
  };
}

function readText(text: string, file: string, layers: Layers): void {
  if (!looksLikeYaml(text, file)) return readIni(text, file, layers);
  const tree = readYaml(text, file, layers);
  if (!tree) return;
  const keys = tree.entries(tree.root)?.map(({ key }) => key);
  if (!keys) {
    layers.complain(
      'error',
      'not-an-inventory',
      tree.at(tree.root),
      'this is no inventory',
      'It has hosts: at the top, or the groups of an Ansible inventory.',
    );
  } else if (isOwn(tree, keys)) readFleetYaml(tree, layers);
  else readAnsibleYaml(tree, layers);
}

/** Ours has the hosts at the top; at the top of one of Ansible's are groups. */
function isOwn(tree: YamlTree, keys: readonly string[]): boolean {
  if (!keys.includes('hosts')) return false;
  const hosts = tree.entries(tree.root)?.find(({ key }) => key === 'hosts');
  const inside = tree.entries(hosts?.value ?? null);
  return !inside?.some(({ key }) => key === 'hosts');
}

function looksLikeYaml(text: string, file: string): boolean {
  if (/\.ya?ml$/i.test(file)) return true;
  if (/\.(ini|cfg)$/i.test(file)) return false;
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line)) ?? '';
  return /^(---|%YAML)/.test(first) || /^[^\s[=]+:(\s|$)/.test(first);
}

function readVariableFiles(
  { groups = {}, hosts = {} }: NonNullable<InventoryOptions['variables']>,
  layers: Layers,
): void {
  const add = (
    { file, text }: VariableFile,
    set: (key: string, value: unknown, at: InventoryPlace) => void,
  ): void => {
    const tree = readYaml(text, file, layers);
    if (!tree) return;
    for (const { key, value, at } of tree.entries(tree.root) ?? []) set(key, tree.data(value), at);
  };
  for (const [name, source] of Object.entries(groups))
    add(source, (key, value, at) => layers.group(name).settings.set(key, { key, value, at }));
  for (const [name, source] of Object.entries(hosts))
    add(source, (key, value, at) => layers.setForHost(name, key, { key, value, at }));
}

function makeHosts(members: ReadonlyMap<string, readonly string[]>, layers: Layers): FleetHost[] {
  const groupsOf = new Map<string, string[]>();
  for (const [group, names] of members)
    for (const name of names) groupsOf.set(name, [...(groupsOf.get(name) ?? []), group]);
  const hosts: FleetHost[] = [];
  const machines = new Map<string, FleetHost>();
  for (const [name, { at }] of layers.hosts) {
    const groups = groupsOf.get(name) ?? [];
    const host = hostOf(name, at, groups, layers.settingsOf(name, groups), layers);
    if (!host) continue;
    const twin = machines.get(machineOf(host));
    if (twin) {
      layers.complain(
        'error',
        'same-machine',
        at,
        `${name} is the same machine as ${twin.name} (line ${twin.at.line})`,
        'Name each machine once; several Postfix instances differ by their directory.',
      );
      continue;
    }
    machines.set(machineOf(host), host);
    hosts.push(host);
  }
  return hosts;
}
