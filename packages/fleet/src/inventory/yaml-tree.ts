import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Layers } from './layers.ts';
import type { InventoryPlace } from './problem.ts';

/** One entry of a mapping. */
export interface YamlEntry {
  readonly key: string;
  readonly value: Node | null;
  readonly at: InventoryPlace;
}

/** A YAML file whose parts know where they stand. */
export interface YamlTree {
  readonly root: Node | null;
  at(node: Node | null): InventoryPlace;
  /** The entries of a mapping; undefined for what is none. Nothing at all counts as an empty one. */
  entries(node: Node | null): readonly YamlEntry[] | undefined;
  /** The nodes of a sequence; undefined for what is none. */
  items(node: Node | null): readonly Node[] | undefined;
  data(node: Node | null): unknown;
}

/** Reads one document. What is no YAML is noted with its line, and undefined. */
export function readYaml(text: string, file: string, layers: Layers): YamlTree | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeAt = (offset: number): InventoryPlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  for (const error of document.errors) {
    const message =
      error.code === 'DUPLICATE_KEY' ? 'the same key stands here twice' : lowerFirst(error.message);
    layers.complain('error', 'not-an-inventory', placeAt(error.pos[0]), message, 'Mend the YAML.');
  }
  return document.errors.length > 0 ? undefined : treeOf(document, placeAt);
}

function treeOf(document: Document, placeAt: (offset: number) => InventoryPlace): YamlTree {
  const open = (node: Node | null): Node | null => (isAlias(node) ? (node.resolve(document) ?? null) : node);
  return {
    root: document.contents,
    at: (node) => placeAt(node?.range?.[0] ?? 0),
    entries(node) {
      const map = open(node);
      if (map === null || (isScalar(map) && map.value === null)) return [];
      if (!isMap(map)) return undefined;
      return map.items.map(({ key, value }) => ({
        key: isScalar(key) ? String(key.source ?? key.value) : String(key),
        value: (value ?? null) as Node | null,
        at: placeAt((key as Node).range?.[0] ?? 0),
      }));
    },
    items(node) {
      const list = open(node);
      return isSeq(list) ? (list.items as Node[]) : undefined;
    },
    data: (node) => (node === null ? null : (node.toJS(document, { maxAliasCount: 100 }) as unknown)),
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
