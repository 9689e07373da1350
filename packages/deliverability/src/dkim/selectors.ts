/**
 * Selectors that signing services and packages use when nobody says otherwise. A selector cannot be listed from
 * outside: one that is not among these has to be given, or read from a message.
 */
export const commonSelectors: readonly string[] = [
  'default',
  'dkim',
  'mail',
  'email',
  'smtp',
  'key1',
  'key2',
  's1',
  's2',
  'k1',
  'k2',
  'k3',
  'selector1',
  'selector2',
  'google',
  'mxvault',
  'mandrill',
  'pm',
  'fm1',
  'fm2',
  'fm3',
  'protonmail',
  'protonmail2',
  'protonmail3',
  'zoho',
  'everlytickey1',
  'sig1',
  'dkim1',
  'dkim2',
  'rspamd',
  '202601',
  '2026',
];

/** How many signatures of a message are looked at; more is somebody's attack. */
const mostSignatures = 50;
/** Header fields end well before this. */
const longestHeader = 1_000_000;

/** The selectors a message was signed with, by domain: `d=` and `s=` of its DKIM-Signature fields. */
export function selectorsOf(
  message: string | Uint8Array,
): { readonly domain: string; readonly selector: string }[] {
  const start =
    typeof message === 'string'
      ? message.slice(0, longestHeader)
      : Buffer.from(message.buffer, message.byteOffset, Math.min(message.byteLength, longestHeader)).toString(
          'latin1',
        );
  const end = /\r?\n\r?\n/.exec(start)?.index ?? start.length;
  const fields = start
    .slice(0, end)
    .split(/\r?\n(?![ \t])/)
    .filter((field) => /^dkim-signature[ \t]*:/i.test(field))
    .slice(0, mostSignatures);
  return fields.flatMap((field) => {
    const tag = (name: string): string | undefined =>
      new RegExp(`(?:^|[;:])\\s*${name}\\s*=\\s*([^;\\s]+)`).exec(field)?.[1]?.toLowerCase();
    const [domain, selector] = [tag('d'), tag('s')];
    return domain === undefined || selector === undefined ? [] : [{ domain, selector }];
  });
}
