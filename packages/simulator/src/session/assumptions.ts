import type { Unknown } from '../model/verdict.ts';

/** What one run assumed of something that is not known. */
export interface Assumption {
  readonly unknown: Unknown;
  readonly about: string;
  readonly choices: readonly string[];
  readonly says: string;
}

/** Answers for what is not known, given by a script; the first choice where the script ends. */
export class Assumptions {
  readonly #script: readonly number[];
  readonly made: Assumption[] = [];
  readonly #known = new Map<string, string>();

  constructor(script: readonly number[]) {
    this.#script = script;
  }

  choose<T extends string>(unknown: Unknown, about: string, choices: readonly T[]): T {
    const known = this.#known.get(about);
    if (known !== undefined) return known as T;
    const index = this.#script[this.made.length] ?? 0;
    const says = choices[index] ?? choices[0]!;
    this.made.push({ unknown, about, choices, says });
    this.#known.set(about, says);
    return says;
  }

  /** The script of the next run that differs in its last choices, or undefined when all were tried. */
  next(): number[] | undefined {
    const taken = this.made.map(({ choices, says }) => choices.indexOf(says));
    for (let at = taken.length - 1; at >= 0; at--) {
      if (taken[at]! + 1 < this.made[at]!.choices.length) return [...taken.slice(0, at), taken[at]! + 1];
    }
    return undefined;
  }
}
