import type { Layers } from './layers.ts';
import type { YamlEntry, YamlTree } from './yaml-tree.ts';

/**
 * An Ansible inventory as YAML: groups, each with hosts, children and variables.
 *
 *     all:
 *       vars: { ansible_user: deploy }
 *       children:
 *         mx:
 *           hosts:
 *             mail[01:20].example.net:
 *             mail99.example.net: { ansible_port: 2222 }
 */
export function readAnsibleYaml(tree: YamlTree, layers: Layers): void {
  for (const group of tree.entries(tree.root) ?? []) readGroup(group, tree, layers);
}

function readGroup({ key: name, value, at }: YamlEntry, tree: YamlTree, layers: Layers): void {
  const group = layers.group(name, at);
  const parts = tree.entries(value);
  if (!parts) {
    layers.complain(
      'error',
      'bad-entry',
      at,
      `${name} holds no hosts, children or vars`,
      'A group is a mapping with these keys.',
    );
    return;
  }
  for (const part of parts) {
    const entries = tree.entries(part.value);
    if (!['hosts', 'children', 'vars'].includes(part.key)) {
      layers.complain(
        'warning',
        'unknown-key',
        part.at,
        `${name}: "${part.key}" is nothing that a group has`,
        'There are hosts, children and vars.',
      );
    } else if (!entries) {
      layers.complain(
        'error',
        'bad-entry',
        part.at,
        `${name}: its ${part.key} are no mapping`,
        'Write each on a line of its own with a colon behind it, without a dash.',
      );
    } else if (part.key === 'vars') {
      for (const each of entries) group.settings.set(each.key, settingOf(each, tree));
    } else if (part.key === 'children') {
      for (const child of entries) {
        group.children.set(child.key, child.at);
        readGroup(child, tree, layers);
      }
    } else for (const host of entries) readHost(host, name, tree, layers);
  }
}

function readHost({ key, value, at }: YamlEntry, group: string, tree: YamlTree, layers: Layers): void {
  const names = layers.addHosts(key, at, group);
  const variables = tree.entries(value);
  if (!variables) {
    layers.complain(
      'error',
      'bad-entry',
      at,
      `${key}: its variables are no mapping`,
      'Write them below it, name: value.',
    );
    return;
  }
  for (const each of variables)
    for (const name of names) layers.setForHost(name, each.key, settingOf(each, tree));
}

function settingOf(
  { key, value, at }: YamlEntry,
  tree: YamlTree,
): { key: string; value: unknown; at: typeof at } {
  return { key, value: tree.data(value), at };
}
