import type { Section } from '../probe/sections.ts';

/** Something about a host that is known, with where it was read, or not known, with the reason. Plain JSON data. */
export type Fact<T> = KnownFact<T> | UnknownFact;

export interface KnownFact<T> {
  readonly known: true;
  readonly value: T;
  /** Where it was read and what stood there, for example `/proc/loadavg: 0.10 0.20 0.30`. */
  readonly evidence: string;
}

export interface UnknownFact {
  readonly known: false;
  /** `absent`: this host has no such thing; `damaged`: the section did not arrive whole. */
  readonly why: 'absent' | 'unreadable' | 'damaged' | 'not-understood';
  readonly evidence: string;
}

export function known<T>(value: T, evidence: string): KnownFact<T> {
  return { known: true, value, evidence };
}

export function unknown(why: UnknownFact['why'], evidence: string): UnknownFact {
  return { known: false, why, evidence };
}

/** The value, or undefined where it is not known. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.known ? fact.value : undefined;
}

/** A section as facts are read from it; a section that is missing makes every fact `damaged`. */
export class Evidence {
  readonly #section: Section | undefined;
  readonly #name: string;

  constructor(section: Section | undefined, name: string) {
    this.#section = section;
    this.#name = name;
  }

  get whole(): boolean {
    return this.#section !== undefined && !this.#section.cut;
  }

  entries(): readonly { readonly key: string; readonly value: string }[] {
    return this.#section?.entries ?? [];
  }

  /** All values of a key, in order. */
  all(key: string): string[] {
    return this.entries().flatMap((entry) => (entry.key === key ? [entry.value] : []));
  }

  has(key: string, value: string): boolean {
    return this.all(key).includes(value);
  }

  isUnreadable(key: string): boolean {
    return this.#section?.unreadable.has(key) ?? false;
  }

  /** Why nothing is known of a key. */
  missing(key: string): UnknownFact {
    if (!this.#section) return unknown('damaged', `section ${this.#name}`);
    if (this.isUnreadable(key)) return unknown('unreadable', key);
    return unknown(this.#section.cut ? 'damaged' : 'absent', key);
  }

  /**
   * Reads the first value of a key.
   *
   * @param understand  the value, or undefined for a text that makes no sense
   */
  fact<T>(key: string, understand: (text: string) => T | undefined): Fact<T> {
    const [text] = this.all(key);
    if (text === undefined) return this.missing(key);
    const evidence = `${key}: ${text.trim().replaceAll(/\s+/g, ' ')}`;
    const value = understand(text.trim());
    return value === undefined ? unknown('not-understood', evidence) : known(value, evidence);
  }
}

/** A whole number from 0 to 2^53, and nothing else. */
export function count(text: string): number | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A number with or without decimals. */
export function decimal(text: string): number | undefined {
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
