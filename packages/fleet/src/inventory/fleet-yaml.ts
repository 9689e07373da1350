import type { Layers, Setting } from './layers.ts';
import type { InventoryPlace } from './problem.ts';
import type { YamlEntry, YamlTree } from './yaml-tree.ts';

/** The keys of a host, a group and the defaults, by the variable that says the same to Ansible. */
const variableOf: Readonly<Record<string, string>> = {
  address: 'ansible_host',
  port: 'ansible_port',
  user: 'ansible_user',
  identity: 'ansible_ssh_private_key_file',
  jump: 'postern_jump',
  'known-hosts': 'postern_known_hosts',
  directory: 'postern_directory',
  connection: 'ansible_connection',
};

/**
 * Our own inventory.
 *
 *     defaults: { user: deploy }
 *     groups:
 *       mx: { jump: bastion.example.net, vars: { role: mx } }
 *     hosts:
 *       mail[01:20].example.net: { groups: [mx] }
 *       relay.example.net: { address: 192.0.2.7, port: 2222 }
 */
export function readFleetYaml(tree: YamlTree, layers: Layers): void {
  for (const part of tree.entries(tree.root) ?? []) {
    if (part.key === 'defaults')
      readSettings(part, 'defaults', tree, layers, layers.group('all', part.at).settings);
    else if (part.key === 'groups') readGroups(part, tree, layers);
    else if (part.key === 'hosts') readHosts(part, tree, layers);
    else {
      layers.complain(
        'warning',
        'unknown-key',
        part.at,
        `"${part.key}" is nothing that an inventory has`,
        'There are defaults, groups and hosts.',
      );
    }
  }
}

function readGroups(part: YamlEntry, tree: YamlTree, layers: Layers): void {
  const groups = tree.entries(part.value);
  if (!groups) {
    layers.complain(
      'error',
      'bad-entry',
      part.at,
      'the groups are no mapping',
      'Write NAME: { … } for each.',
    );
    return;
  }
  for (const entry of groups) {
    const group = layers.group(entry.key, entry.at);
    readSettings(entry, entry.key, tree, layers, group.settings, (key, { value, at }) => {
      if (key !== 'children') return false;
      for (const child of namesOf(value, at, `${entry.key}: its children`, layers))
        group.children.set(child, at);
      return true;
    });
  }
}

function readHosts(part: YamlEntry, tree: YamlTree, layers: Layers): void {
  const list = tree.items(part.value);
  if (list) {
    for (const item of list) {
      const name: unknown = tree.data(item);
      if (typeof name === 'string' || typeof name === 'number') layers.addHosts(String(name), tree.at(item));
      else {
        layers.complain(
          'error',
          'bad-entry',
          tree.at(item),
          'this is no name of a host',
          'In a list stand names alone; write NAME: { … } without a dash to give settings.',
        );
      }
    }
    return;
  }
  const entries = tree.entries(part.value);
  if (!entries) {
    layers.complain(
      'error',
      'bad-entry',
      part.at,
      'the hosts are no mapping and no list',
      'Write NAME: { … }.',
    );
    return;
  }
  for (const entry of entries) {
    const names = layers.addHosts(entry.key, entry.at);
    const settings = new Map<string, Setting>();
    readSettings(entry, entry.key, tree, layers, settings, (key, { value, at }) => {
      if (key !== 'groups') return false;
      for (const group of namesOf(value, at, `${entry.key}: its groups`, layers))
        for (const name of names) layers.group(group, at).hosts.add(name);
      return true;
    });
    for (const name of names) for (const [key, setting] of settings) layers.setForHost(name, key, setting);
  }
}

function readSettings(
  entry: YamlEntry,
  name: string,
  tree: YamlTree,
  layers: Layers,
  into: Map<string, Setting>,
  takeOwn: (key: string, setting: Setting) => boolean = () => false,
): void {
  const parts = tree.entries(entry.value);
  if (!parts) {
    layers.complain(
      'error',
      'bad-entry',
      entry.at,
      `${name} is no mapping`,
      'Write its settings as key: value.',
    );
    return;
  }
  for (const { key, value, at } of parts) {
    const setting: Setting = { key, value: tree.data(value), at };
    const variable = variableOf[key];
    if (variable !== undefined) into.set(variable, setting);
    else if (key === 'vars') {
      for (const each of tree.entries(value) ?? [])
        into.set(each.key, { key: each.key, value: tree.data(each.value), at: each.at });
    } else if (!takeOwn(key, setting)) {
      layers.complain(
        'warning',
        'unknown-key',
        at,
        `${name}: "${key}" is no setting`,
        `There are ${Object.keys(variableOf).join(', ')}, groups, children and vars; what is yours goes below vars.`,
      );
    }
  }
}

function namesOf(value: unknown, at: InventoryPlace, what: string, layers: Layers): string[] {
  const names = typeof value === 'string' ? [value] : value;
  if (Array.isArray(names) && names.every((each) => typeof each === 'string')) return names;
  layers.complain('error', 'bad-entry', at, `${what} are no list of names`, 'Write [one, two].');
  return [];
}
