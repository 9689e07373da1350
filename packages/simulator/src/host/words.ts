import type { Place } from '../model/verdict.ts';
import type { Settings } from './settings.ts';

/** One word of a list, with the place where somebody wrote it. */
export interface Word extends Place {
  readonly text: string;
}

/** References that lead through more parameters than this are not followed to their place. */
const deepest = 20;

/**
 * The words of a list after `$` expansion, each with its own line, also where it comes from another parameter.
 *
 *     smtpd_recipient_restrictions = permit_mynetworks, $partners,
 *         reject_unauth_destination
 *     partners = check_client_access cidr:/etc/postfix/partners
 */
export function wordsOf(settings: Settings, name: string): Word[] {
  const plain = split(settings.text(name)).map(({ text }) => text);
  const placed = placedWords(settings, name, plain.length) ?? [];
  const agree = placed.length === plain.length && placed.every(({ text }, index) => text === plain[index]);
  return agree ? placed : plain.map((text) => ({ text, ...settings.place(name) }));
}

/**
 * The words with their places.
 *
 * @param most  parameters that name others twice double with each of them: undefined for more words than this
 */
function placedWords(settings: Settings, name: string, most: number): Word[] | undefined {
  const known = new Map<string, Word[] | undefined>();
  const wordsIn = (parameterName: string, depth: number): Word[] | undefined => {
    const parameter = settings.effective.get(parameterName);
    if (!parameter || depth > deepest) return undefined;
    const words: Word[] = [];
    for (const { text, start } of split(parameter.raw)) {
      const found = text.includes('$') ? referred(text, depth) : [{ text }];
      if (!found || words.length + found.length > most) return undefined;
      const place = settings.placeWithin(parameterName, start);
      for (const word of found) words.push({ ...place, ...word });
    }
    return words;
  };
  const referred = (text: string, depth: number): (Word | { text: string })[] | undefined => {
    const reference = /^\$(?:(\w+)|\{(\w+)\}|\((\w+)\))$/.exec(text);
    const to = reference?.[1] ?? reference?.[2] ?? reference?.[3];
    if (to === undefined || !settings.isSet(to))
      return split(settings.effective.expand(text).value ?? '').map((word) => ({ text: word.text }));
    if (!known.has(to)) known.set(to, wordsIn(to, depth + 1));
    return known.get(to);
  };
  return wordsIn(name, 0);
}

/** Splits at commas and white space, braces and brackets of `${…}` kept together. */
export function split(value: string): { text: string; start: number; end: number }[] {
  const words: { text: string; start: number; end: number }[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at <= value.length; at++) {
    const char = value[at];
    if (char === '{') depth++;
    else if (char === '}') depth = Math.max(0, depth - 1);
    const ends = char === undefined || (depth === 0 && /[,\s]/.test(char));
    if (!ends && start < 0) start = at;
    if (ends && start >= 0) {
      words.push({ text: value.slice(start, at), start, end: at });
      start = -1;
    }
  }
  return words;
}
