/** The longest character-string DNS allows, in bytes (RFC 1035 section 3.3). */
const longest = 255;

/**
 * Cuts a record into the character-strings a TXT record is made of: at most 255 bytes each, after a space
 * where there is one, so that a reader of the zone file finds whole terms. Joined without anything between
 * them they are the record again.
 *
 * @param record  the record's text; characters above U+00FF have no byte and are refused
 * @throws RangeError for such a character
 */
export function zoneStrings(record: string): string[] {
  if (/[\u0100-\uffff]/.test(record))
    throw new RangeError('a TXT record holds bytes: spell other letters as A-labels (xn--…)');
  const strings: string[] = [];
  let start = 0;
  while (record.length - start > longest) {
    const space = record.lastIndexOf(' ', start + longest - 1);
    const end = space > start ? space + 1 : start + longest;
    strings.push(record.slice(start, end));
    start = end;
  }
  strings.push(record.slice(start));
  return strings;
}

/**
 * The record as a line of a zone file (RFC 1035 section 5).
 *
 *     example.com. 3600 IN TXT "v=spf1 mx -all"
 *
 * @param name  the owner; a full name gets its final dot, `@` stays
 * @param ttl   in seconds
 */
export function zoneLine(name: string, record: string, ttl = 3600): string {
  const owner = name === '@' || name.endsWith('.') ? name : `${name}.`;
  return `${owner} ${ttl} IN TXT ${zoneStrings(record).map(quote).join(' ')}`;
}

/** The record as `--zone` files and the fixture resolver read it: names to types to records. */
export function zoneJson(name: string, record: string): Record<string, { TXT: string[][] }> {
  return { [name.replace(/\.$/, '')]: { TXT: [zoneStrings(record)] } };
}

function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, (character) => {
    return `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
  });
  return `"${escaped}"`;
}
