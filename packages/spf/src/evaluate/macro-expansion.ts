import { formatAddress, nibbles, type Address } from '../address/address.ts';
import type { MacroExpand, MacroString } from '../syntax/macro.ts';

/** What the macros of RFC 7208 section 7.2 stand for in one check. */
export interface MacroValues {
  readonly address: Address;
  readonly sender: string;
  readonly localPart: string;
  readonly senderDomain: string;
  readonly helo: string;
  /** The host that checks; `unknown` where it does not say. */
  readonly receiver: string;
}

/**
 * Writes a macro-string out.
 *
 * @param domain   the domain whose record it stands in (`%{d}`)
 * @param ptrName  the validated name of the client (`%{p}`)
 */
export function expandMacros(
  { parts }: MacroString,
  values: MacroValues,
  domain: string,
  ptrName: string,
): string {
  let text = '';
  for (const part of parts) {
    if (part.type === 'literal') text += part.text;
    else if (part.type === 'escape') text += part.value;
    else text += transform(part, valueOf(part, values, domain, ptrName));
  }
  return text;
}

function valueOf({ letter }: MacroExpand, values: MacroValues, domain: string, ptrName: string): string {
  const { address } = values;
  switch (letter) {
    case 's':
      return values.sender;
    case 'l':
      return values.localPart;
    case 'o':
      return values.senderDomain;
    case 'd':
      return domain;
    case 'i':
      return address.family === 4 ? formatAddress(address) : nibbles(address.words).join('.');
    case 'p':
      return ptrName;
    case 'v':
      return address.family === 4 ? 'in-addr' : 'ip6';
    case 'h':
      return values.helo;
    case 'c':
      return formatAddress(address);
    case 'r':
      return values.receiver;
    case 't':
      return String(Math.floor(Date.now() / 1000));
  }
}

/** Splits at the delimiters, reverses, keeps the right-hand parts, joins with dots, escapes: in this order. */
function transform({ delimiters, reverse, keep, url }: MacroExpand, value: string): string {
  let text = value;
  if (reverse || keep > 0 || delimiters !== '.') {
    let parts = splitAtAny(value, delimiters);
    if (reverse) parts.reverse();
    if (keep > 0) parts = parts.slice(-keep);
    text = parts.join('.');
  }
  return url ? escapeForUrl(text) : text;
}

function splitAtAny(value: string, delimiters: string): string[] {
  if (delimiters.length === 1) return value.split(delimiters);
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < value.length; i++) {
    if (delimiters.includes(value[i]!)) {
      parts.push(value.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** Escapes everything but the unreserved characters of RFC 3986; a lone surrogate has no bytes and becomes U+FFFD. */
function escapeForUrl(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
