import { restriction } from '@postern/config';
import type { Place } from '@postern/plan';
import type { Edit } from '../rule.ts';
import type { Setting } from './setting.ts';
import { layOutList, splitList } from './list-text.ts';

/** One entry of a restriction list with its argument, after `$name` has been followed. */
export interface Restriction {
  /** In lower case; Postfix does not care. `type:table` stands for itself. */
  readonly name: string;
  /** Expanded; empty where the restriction takes none. */
  readonly argument: string;
  /** The entry as it is written, `warn_if_reject` included. */
  readonly text: string;
  /** Preceded by `warn_if_reject`: it only logs. */
  readonly warnOnly: boolean;
  readonly at: Place | undefined;
  /** Where the entry is written: the list itself or a parameter that the list refers to. */
  readonly written: Sequence;
}

/** The entries that one parameter holds by itself, and its references to others, in order. */
export interface Sequence {
  readonly setting: Setting;
  readonly nodes: readonly (Restriction | Reference)[];
}

/** `$name` in a list, with what that parameter adds to the list. */
interface Reference {
  readonly reference: true;
  readonly text: string;
  readonly sequence: Sequence | undefined;
}

/** A restriction list, or a restriction class, as one smtpd process sees it. */
export interface RestrictionList {
  /** The parameter, or the class. */
  readonly name: string;
  readonly isClass: boolean;
  readonly setting: Setting;
  readonly items: readonly Restriction[];
  /** False when a part of the list comes out of an expression or is not whole, so that no edit could keep it. */
  readonly editable: boolean;
  named(...names: readonly string[]): Restriction[];
  has(...names: readonly string[]): boolean;
  /** Edits that leave every other entry where it is; undefined when the list is not editable. */
  edit(change: (draft: ListDraft) => void): Edit[] | undefined;
}

/** A list being edited. Entries that are not named keep their text and their order. */
export interface ListDraft {
  replace(item: Restriction, text: string): void;
  remove(item: Restriction): void;
  insertBefore(item: Restriction, ...texts: readonly string[]): void;
  insertAfter(item: Restriction, ...texts: readonly string[]): void;
  prepend(...texts: readonly string[]): void;
  append(...texts: readonly string[]): void;
}

/** Entries of one list that are looked at: parameters that refer to others twice double with each of them. */
const mostItems = 20_000;
/** Parameters that refer to each other in a row: Postfix follows no more. */
const mostReferences = 100;

/** Looks a parameter up in the scope of the list; undefined when nothing sets it. */
export type Lookup = (name: string) => Setting | undefined;

/**
 * Reads a restriction list.
 *
 * @param lookup  what `$name` in the list refers to
 * @param expand  the value of text with `$` in it, for what is no plain `$name`
 */
export function readRestrictions(
  setting: Setting,
  options: { readonly isClass: boolean; readonly lookup: Lookup; readonly expand: (text: string) => string },
): RestrictionList {
  let editable = true;
  /** What each parameter adds, read once however often it is referred to. */
  const known = new Map<string, Sequence>();
  const readSequence = (from: Setting, open: readonly string[]): Sequence => {
    const nodes: (Restriction | Reference)[] = [];
    const sequence: Sequence = { setting: from, nodes };
    const words = splitList(from.raw);
    // What would be added behind an open brace, or an entry without its argument, would become a part of it.
    if (!isWhole(words.map((word) => word.text))) editable = false;
    for (let index = 0; index < words.length; index++) {
      const first = index;
      const reference = /^\$(?:\{(\w+)\}|\((\w+)\)|(\w+))$/.exec(words[index]!.text);
      const target = reference?.[1] ?? reference?.[2] ?? reference?.[3];
      if (target !== undefined) {
        const found =
          open.includes(target) || open.length >= mostReferences ? undefined : options.lookup(target);
        const inner = found && (known.get(target) ?? readSequence(found, [...open, target]));
        if (inner) known.set(target, inner);
        nodes.push({ reference: true, text: words[index]!.text, sequence: inner });
        continue;
      }
      let word = words[index]!;
      if (word.text.startsWith('$')) {
        // An expression: its result is a part of the list that only a person can edit.
        editable = false;
        for (const entry of readEntries(options.expand(word.text))) {
          nodes.push({ ...entry, at: from.placeOf(word.start), written: sequence });
        }
        continue;
      }
      const warnOnly = word.text.toLowerCase() === 'warn_if_reject';
      if (warnOnly && index + 1 < words.length) word = words[++index]!;
      const name = word.text.toLowerCase();
      const takesArgument = hasArgument(name) && index + 1 < words.length;
      const argument = takesArgument ? options.expand(words[++index]!.text) : '';
      nodes.push({
        name,
        argument,
        text: words
          .slice(first, index + 1)
          .map((each) => each.text)
          .join(' '),
        warnOnly,
        at: from.placeOf(words[first]!.start),
        written: sequence,
      });
    }
    return sequence;
  };

  const root = readSequence(setting, [setting.name]);
  const items = flatten(root);
  // The rest of it is not seen.
  if (items.length >= mostItems) editable = false;
  return {
    name: setting.name,
    isClass: options.isClass,
    setting,
    items,
    editable,
    named: (...names) => items.filter((item) => names.includes(item.name)),
    has: (...names) => items.some((item) => names.includes(item.name)),
    edit(change) {
      if (!editable) return undefined;
      const draft = new Draft(root, options.isClass);
      change(draft);
      return draft.edits();
    },
  };
}

/** Whether every brace is closed and nothing waits for a word at the end. */
function isWhole(words: readonly string[]): boolean {
  const last = words.at(-1)?.toLowerCase() ?? '';
  const before = words.at(-2)?.toLowerCase() ?? '';
  const waits = last === 'warn_if_reject' || (hasArgument(last) && !hasArgument(before));
  return !waits && words.every((word) => word.split('{').length === word.split('}').length);
}

/** Whether the word after this one belongs to it. */
function hasArgument(name: string): boolean {
  return restriction(name)?.argument !== undefined;
}

function readEntries(text: string): Omit<Restriction, 'at' | 'written'>[] {
  const entries: Omit<Restriction, 'at' | 'written'>[] = [];
  const words = splitList(text);
  for (let index = 0; index < words.length; index++) {
    const first = index;
    const warnOnly = words[index]!.text.toLowerCase() === 'warn_if_reject' && index + 1 < words.length;
    if (warnOnly) index++;
    const name = words[index]!.text.toLowerCase();
    const argument = hasArgument(name) && index + 1 < words.length ? words[++index]!.text : '';
    entries.push({
      name,
      argument,
      warnOnly,
      text: words
        .slice(first, index + 1)
        .map((each) => each.text)
        .join(' '),
    });
  }
  return entries;
}

function flatten(root: Sequence): Restriction[] {
  const known = new Map<Sequence, readonly Restriction[]>();
  const itemsOf = (sequence: Sequence): readonly Restriction[] => {
    const items: Restriction[] = [];
    for (const node of sequence.nodes) {
      if (items.length >= mostItems) break;
      if (!('reference' in node)) items.push(node);
      else if (node.sequence) {
        const inner = known.get(node.sequence) ?? itemsOf(node.sequence);
        for (const item of inner) if (items.length < mostItems) items.push(item);
      }
    }
    known.set(sequence, items);
    return items;
  };
  return [...itemsOf(root)];
}

function writtenIn(sequence: Sequence): Sequence {
  const [only, ...others] = sequence.nodes;
  const inner = only && 'reference' in only && others.length === 0 ? only.sequence : undefined;
  return inner ? writtenIn(inner) : sequence;
}

class Draft implements ListDraft {
  private readonly entries = new Map<Sequence, { node?: Restriction | Reference; text: string }[]>();
  private readonly touched = new Set<Sequence>();

  /** Where entries are added: a list that is nothing but `$name` is written in that parameter. */
  private readonly root: Sequence;

  private readonly isClass: boolean;

  constructor(root: Sequence, isClass: boolean) {
    this.root = writtenIn(root);
    this.isClass = isClass;
    const open = (sequence: Sequence): void => {
      if (this.entries.has(sequence)) return;
      this.entries.set(
        sequence,
        sequence.nodes.map((node) => ({ node, text: node.text })),
      );
      for (const node of sequence.nodes) if ('reference' in node && node.sequence) open(node.sequence);
    };
    open(root);
  }

  replace(item: Restriction, text: string): void {
    this.splice(item, 0, 1, [text]);
  }

  remove(item: Restriction): void {
    this.splice(item, 0, 1, []);
  }

  insertBefore(item: Restriction, ...texts: readonly string[]): void {
    this.splice(item, 0, 0, texts);
  }

  insertAfter(item: Restriction, ...texts: readonly string[]): void {
    this.splice(item, 1, 0, texts);
  }

  prepend(...texts: readonly string[]): void {
    this.entries.get(this.root)!.unshift(...texts.map((text) => ({ text })));
    if (texts.length > 0) this.touched.add(this.root);
  }

  append(...texts: readonly string[]): void {
    this.entries.get(this.root)!.push(...texts.map((text) => ({ text })));
    if (texts.length > 0) this.touched.add(this.root);
  }

  /** Undefined when what would be written is not what would be read, as in a list that is broken already. */
  edits(): Edit[] | undefined {
    const edits: Edit[] = [];
    for (const sequence of this.touched) {
      const texts = this.entries.get(sequence)!.map((entry) => entry.text);
      // smtpd does not start with a class that is empty.
      if (texts.length === 0 && this.isClass) texts.push('check_client_access static:DUNNO');
      const read = readEntries(texts.join(', ')).map((entry) => entry.text);
      if (read.length !== texts.length || read.some((text, index) => text !== texts[index])) return undefined;
      edits.push(...sequence.setting.setList(layOutList(texts, sequence.setting.written)));
    }
    return edits;
  }

  private splice(item: Restriction, offset: number, count: number, texts: readonly string[]): void {
    const entries = this.entries.get(item.written)!;
    const index = entries.findIndex((entry) => entry.node === item);
    if (index < 0) return;
    entries.splice(index + offset, count, ...texts.map((text) => ({ text })));
    if (count > 0 || texts.length > 0) this.touched.add(item.written);
  }
}
