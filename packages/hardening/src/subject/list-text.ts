/** One word of a list, or one `{ … }` group, with where it stands in the text. */
export interface Word {
  readonly text: string;
  readonly start: number;
}

const separators = ', \t\r\n\v\f';

/**
 * Takes a list apart as Postfix does: commas and white space separate, braces keep together.
 *
 *     permit_mynetworks, check_policy_service { unix:private/spf, timeout=10s }
 *     ^                  ^                    ^ one word
 *
 * An unclosed group runs to the end.
 */
export function splitList(text: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length;) {
    if (separators.includes(text[at]!)) {
      at++;
      continue;
    }
    const start = at;
    for (let depth = 0; at < text.length; at++) {
      const character = text[at]!;
      if (character === '{') depth++;
      else if (character === '}') depth--;
      else if (depth <= 0 && separators.includes(character)) break;
    }
    words.push({ text: text.slice(start, at), start });
  }
  return words;
}

/**
 * Writes a list as the value of a parameter: in one line when it is short, else one entry a line. Where the
 * parameter spans lines already it is always one line, which setParameter lays out as the old lines were.
 *
 * @param before  the parameter as it stands in the file; a list that did without commas goes on to
 */
export function layOutList(entries: readonly string[], before: string): string {
  const spaced = before.includes(',') || before === '' || splitList(before).length < 2;
  const oneLine = entries.join(spaced ? ', ' : ' ');
  // At the start of a line a `#` would make a comment of what is an entry, if a useless one.
  const needsOneLine = entries.some((entry) => entry.startsWith('#'));
  if (needsOneLine || before.trimEnd().includes('\n') || oneLine.length <= 80) return oneLine;
  return entries.map((entry) => `\n    ${entry}`).join(',');
}
