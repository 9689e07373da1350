import type { Layers } from './layers.ts';
import type { InventoryPlace } from './problem.ts';
import { splitWords } from './words.ts';

/**
 * An Ansible inventory as INI.
 *
 *     bastion.example.net ansible_user=anna        a host of no group, with its variables
 *     [mx]                                         from here on the hosts of a group
 *     mail[01:20].example.net
 *     [mx:vars]                                    from here on variables of the group
 *     ansible_user = deploy
 *     [europe:children]                            from here on groups that belong to a group
 *     mx
 */
export function readIni(text: string, file: string, layers: Layers): void {
  let section: { group: string; kind: 'hosts' | 'vars' | 'children' | 'nothing' } = {
    group: 'ungrouped',
    kind: 'hosts',
  };
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    const at: InventoryPlace = { file, line: index + 1, column: 1 + raw.length - raw.trimStart().length };
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    if (line.startsWith('[')) {
      section = readHeader(line, at, layers);
      return;
    }
    if (section.kind === 'hosts') readHostLine(line, at, section.group, layers);
    else if (section.kind === 'vars') readVariable(line, at, section.group, layers);
    else if (section.kind === 'children') {
      const [child = '', ...rest] = splitWords(line) ?? [];
      if (child === '' || rest.length > 0) {
        layers.complain(
          'error',
          'bad-entry',
          at,
          `"${line}" is no name of a group`,
          'Children are named one a line.',
        );
      } else layers.group(section.group).children.set(child, at);
    }
  });
}

function readHeader(
  line: string,
  at: InventoryPlace,
  layers: Layers,
): { group: string; kind: 'hosts' | 'vars' | 'children' | 'nothing' } {
  const [, group, kind = 'hosts'] =
    /^\[\s*([^\]:\s]+)\s*(?::\s*([a-z]+)\s*)?\]\s*(?:[#;].*)?$/.exec(line) ?? [];
  if (group !== undefined && (kind === 'hosts' || kind === 'vars' || kind === 'children')) {
    layers.group(group, at);
    return { group, kind };
  }
  layers.complain(
    'error',
    'bad-entry',
    at,
    `${line} is no heading`,
    'Write [GROUP], [GROUP:vars] or [GROUP:children]; what stands below it was left out.',
  );
  return { group: '', kind: 'nothing' };
}

function readHostLine(line: string, at: InventoryPlace, group: string, layers: Layers): void {
  const words = splitWords(line);
  if (!words?.[0]) {
    layers.complain('error', 'bad-entry', at, `"${line}" has a quote that is not closed`, 'Close it.');
    return;
  }
  const [pattern, port] = splitPort(words[0]);
  if (pattern.includes('=')) {
    layers.complain(
      'error',
      'bad-entry',
      at,
      `"${words[0]}" stands where the name of a host should`,
      'Variables come after the name, or below [GROUP:vars].',
    );
    return;
  }
  const names = layers.addHosts(pattern, at, group);
  const settings = words.slice(1).flatMap((word) => {
    const [, key, value] = /^([^=\s]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) {
      layers.complain(
        'warning',
        'bad-entry',
        at,
        `${pattern}: "${word}" is no variable`,
        'Write name=value, without spaces around the equals sign.',
      );
      return [];
    }
    return { key, value: literal(value!), at };
  });
  if (port !== undefined) settings.unshift({ key: 'ansible_port', value: Number(port), at });
  for (const name of names) for (const setting of settings) layers.setForHost(name, setting.key, setting);
}

/** `mail1:2222`; the colons of ranges and of IPv6 addresses are others. */
function splitPort(word: string): readonly [pattern: string, port: string | undefined] {
  const [, pattern, port] = /^([^:]*(?:\[[^\]]*\][^:]*)*):(\d+)$/.exec(word) ?? [];
  return pattern === undefined ? [word, undefined] : [pattern, port];
}

function readVariable(line: string, at: InventoryPlace, group: string, layers: Layers): void {
  const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (key === undefined) {
    layers.complain('warning', 'bad-entry', at, `"${line}" is no variable`, 'Write name=value.');
    return;
  }
  layers.group(group).settings.set(key, { key, value: literal(value!), at });
}

/** Values are what Python would take them for, as far as numbers, truth and quoted text go. */
function literal(text: string): unknown {
  if (/^-?\d{1,15}$/.test(text) && !/^-?0\d/.test(text)) return Number(text);
  if (text === 'True' || text === 'False') return text === 'True';
  if (text === 'None') return null;
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  return quoted ? quoted[2] : text;
}
