import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { SettingsProblem } from './problem.ts';

/** Largest settings file, in UTF-16 code units. */
const largestFile = 1_000_000;

/**
 * Reads values out of a YAML (or JSON) document and collects what is wrong with it, by line. Every map is read
 * whole: a key that nobody asked for is a problem.
 */
export class SettingsReader {
  readonly problems: SettingsProblem[] = [];
  readonly #lines = new LineCounter();
  readonly root: Node | null;

  constructor(text: string) {
    if (text.length > largestFile) {
      this.root = null;
      this.problems.push({
        line: 1,
        column: 1,
        at: '',
        message: `the file is larger than ${largestFile} characters`,
      });
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of document.errors) this.#report(pos[0], '', message);
    this.root = document.errors.length === 0 ? document.contents : null;
  }

  report(node: Node | null, at: string, message: string): void {
    this.#report(node?.range?.[0] ?? 0, at, message);
  }

  #report(offset: number, at: string, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line, column: col, at, message });
  }

  /** Reads a map with the keys that it may have; undefined when it is none. */
  map(node: Node | null, at: string, keys: readonly string[]): MapReader | undefined {
    if (!isMap(node)) {
      this.report(node, at, `${at || 'the file'} has to be a map of settings`);
      return undefined;
    }
    const values = new Map<string, Node | null>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const place = at === '' ? name : `${at}.${name}`;
      if (!keys.includes(name)) {
        const near = keys.find(
          (known) =>
            known.toLowerCase().replaceAll(/[-_]/g, '') === name.toLowerCase().replaceAll(/[-_]/g, ''),
        );
        const advice = near ? `did you mean ${near}?` : `known are ${keys.join(', ')}`;
        this.report(key as Node, place, `unknown setting ${JSON.stringify(name)}; ${advice}`);
      }
      values.set(name, value as Node | null);
    }
    return new MapReader(this, node, at, values);
  }

  /** The keys of a map, in order; none when it is no map. */
  keysOf(node: Node | null): string[] {
    return isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : [];
  }

  /** The word in a map that says what kind of map it is. */
  tagOf<W extends string>(node: Node | null, at: string, key: string, words: readonly W[]): W | undefined {
    const value: unknown = isMap(node) ? node.get(key) : undefined;
    const found = words.find((word) => word === value);
    if (found === undefined)
      this.report(node, `${at}.${key}`, `${at}.${key} has to be one of ${words.join(', ')}`);
    return found;
  }

  /** Reads a list; an absent one is empty. */
  list<T>(
    node: Node | null | undefined,
    at: string,
    read: (item: Node | null, at: string) => T | undefined,
  ): T[] {
    if (node === undefined) return [];
    if (!isSeq(node)) {
      this.report(node, at, `${at} has to be a list`);
      return [];
    }
    return node.items.flatMap((item, index) => {
      const value = read(item as Node | null, `${at}[${index}]`);
      return value === undefined ? [] : [value];
    });
  }

  /** The text, number or boolean of a node; undefined (and a problem) when it is of another type. */
  scalar<T extends 'string' | 'number' | 'boolean'>(
    node: Node | null,
    at: string,
    type: T,
  ): { string: string; number: number; boolean: boolean }[T] | undefined {
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value === type) return value as { string: string; number: number; boolean: boolean }[T];
    const wanted = { string: 'a text', number: 'a number', boolean: 'true or false' }[type];
    this.report(node, at, `${at} has to be ${wanted}`);
    return undefined;
  }
}

/** The settings of one map, each asked for by name and type. */
export class MapReader {
  readonly node: Node;
  readonly at: string;
  readonly #reader: SettingsReader;
  readonly #values: ReadonlyMap<string, Node | null>;

  constructor(reader: SettingsReader, node: Node, at: string, values: ReadonlyMap<string, Node | null>) {
    this.#reader = reader;
    this.node = node;
    this.at = at;
    this.#values = values;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The node of a key; undefined when it is absent. */
  get(key: string): Node | null | undefined {
    return this.#values.get(key);
  }

  place(key: string): string {
    return this.at === '' ? key : `${this.at}.${key}`;
  }

  report(key: string, message: string): void {
    this.#reader.report(this.#values.get(key) ?? this.node, this.place(key), message);
  }

  text(key: string): string | undefined {
    return this.#scalar(key, 'string');
  }

  boolean(key: string): boolean | undefined {
    return this.#scalar(key, 'boolean');
  }

  /** A number within bounds. */
  number(key: string, lowest: number, highest: number): number | undefined {
    const value = this.#scalar(key, 'number');
    if (value === undefined || (value >= lowest && value <= highest)) return value;
    this.report(key, `${this.place(key)} has to be between ${lowest} and ${highest}`);
    return undefined;
  }

  /** One of the words. */
  word<W extends string>(key: string, words: readonly W[]): W | undefined {
    const value = this.text(key);
    const found = words.find((word) => word === value);
    if (value !== undefined && found === undefined)
      this.report(key, `${this.place(key)} has to be one of ${words.join(', ')}`);
    return found;
  }

  texts(key: string): string[] | undefined {
    if (!this.has(key)) return undefined;
    return this.#reader.list(this.get(key), this.place(key), (item, at) =>
      this.#reader.scalar(item, at, 'string'),
    );
  }

  #scalar<T extends 'string' | 'number' | 'boolean'>(key: string, type: T) {
    const node = this.#values.get(key);
    return node === undefined ? undefined : this.#reader.scalar(node, this.place(key), type);
  }
}
