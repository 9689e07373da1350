/**
 * The words of a command line up to the cursor, as a shell takes it apart. A quote that is still open ends at the
 * cursor; after a blank the last word is an empty one.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const { groups = {} } of line.matchAll(
    /(?<blank>\s+)|'(?<single>[^']*)'?|"(?<double>(?:[^"\\]|\\[^])*)"?|\\(?<escaped>[^])|(?<plain>[^\s'"\\]+)/g,
  )) {
    if (groups['blank'] !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const { single, double, escaped, plain } = groups;
    word = (word ?? '') + (single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
  }
  return [...words, word ?? ''];
}
