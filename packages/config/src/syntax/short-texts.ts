/** Gives one string for all texts that are the same. */
export type ShareText = (text: string) => string;

/** Files up to this length, in UTF-16 code units, are read without looking for repetitions. */
const LARGE_FILE = 2 ** 20;

/** V8 keeps a copy of a text up to this length; of a longer one it keeps a reference into the file. */
const LONGEST_COPY = 12;

const SLOTS = 2 ** 16;

/**
 * Lets a tree of millions of entries hold each of its short texts once. A file can have so many entries only
 * when they are short, and then they repeat one another: sharing them keeps a file of 100 MB within the
 * memory that Node gives by default, where it would otherwise spend its time in the garbage collector.
 */
export function shareTexts(file: string): ShareText {
  if (file.length < LARGE_FILE) return (text) => text;
  const known: string[] = Array.from<string>({ length: SLOTS }).fill('');
  return (text) => {
    if (text.length > LONGEST_COPY) return text;
    let hash = text.length;
    for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) | 0;
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const before = known[slot];
    if (before === text) return before;
    known[slot] = text;
    return text;
  };
}
