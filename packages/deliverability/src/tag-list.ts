/** `v=DMARC1; p=none` and its kin: DKIM, DMARC, MTA-STS, TLSRPT and BIMI records (RFC 6376 section 3.2). */
export interface TagList {
  /** Values by tag name as written, white space around them taken off; the first of a repeated tag. */
  readonly tags: ReadonlyMap<string, string>;
  /** Tags in the order of the record. */
  readonly order: readonly string[];
  /** A tag stands twice: RFC 6376 section 3.2 makes the whole list invalid. */
  readonly repeated: boolean;
  readonly problems: readonly string[];
}

/** More tags than this are somebody's attack. */
const mostTags = 100;

/** Reads a record of tags. What cannot be read is a problem, and the rest is kept. */
export function parseTagList(text: string): TagList {
  const tags = new Map<string, string>();
  const problems: string[] = [];
  let repeated = false;
  const parts = text.split(';');
  if (parts.length > mostTags) problems.push(`it has ${parts.length} tags; only ${mostTags} are read`);
  for (const part of parts.slice(0, mostTags)) {
    const written = part.trim();
    if (written === '') continue;
    const equals = written.indexOf('=');
    const name = (equals < 0 ? written : written.slice(0, equals)).trim();
    if (equals < 0 || !/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
      problems.push(`${JSON.stringify(written.slice(0, 60))} is no tag=value`);
    } else if (tags.has(name)) {
      repeated = true;
      problems.push(`the tag ${name} stands twice`);
    } else tags.set(name, written.slice(equals + 1).trim());
  }
  return { tags, order: [...tags.keys()], repeated, problems };
}
