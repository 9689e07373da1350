import { isAscii } from '../syntax/characters.ts';
import { topLabel } from '../syntax/macro.ts';

/**
 * The domain of an identity as DNS is asked for it: lower case, A-labels, no final dot.
 *
 * @returns undefined where it is no domain with at least two labels (RFC 7208 section 4.3, RFC 8616 section 4)
 */
export function checkedDomain(text: string): string | undefined {
  let domain = text.toLowerCase();
  if (domain.endsWith('.')) domain = domain.slice(0, -1);
  if (isHostName(domain)) return domain;
  if (isAscii(domain) || /[\s/?#@:%\\[\]]/.test(domain)) return undefined;
  const ascii = toAscii(domain);
  return ascii !== undefined && isHostName(ascii) ? ascii : undefined;
}

/**
 * At least two labels of letters, digits, hyphens and underscores, the last one not a number: no top-level
 * domain is one, and a name that ends in one is an address in disguise. Written out because it runs once for
 * every message.
 */
function isHostName(domain: string): boolean {
  if (domain.length > 253) return false;
  let start = 0;
  let digitsOnly = true;
  for (let i = 0; i < domain.length; i++) {
    const code = domain.charCodeAt(i);
    if (code === 0x2e) {
      if (i === start || i - start > 63) return false;
      start = i + 1;
      digitsOnly = true;
    } else if ((code >= 0x61 && code <= 0x7a) || code === 0x2d || code === 0x5f) {
      digitsOnly = false;
    } else if (code < 0x30 || code > 0x39) {
      return false;
    }
  }
  const last = domain.length - start;
  return start > 0 && last > 0 && last <= 63 && !digitsOnly;
}

/**
 * The name to ask DNS for after macros were expanded: lower case, no final dot, cut from the left to 253
 * characters (RFC 7208 section 7.3).
 *
 * @returns undefined where no DNS question can be made of it
 */
export function targetName(expanded: string): string | undefined {
  let name = expanded.endsWith('.') ? expanded.slice(0, -1) : expanded;
  name = name.toLowerCase();
  while (name.length > 253) {
    const dot = name.indexOf('.');
    if (dot < 0) return undefined;
    name = name.slice(dot + 1);
  }
  return isQuestion(name) ? name : undefined;
}

/** At least two labels of 1 to 63 printable characters, and a top label that could exist. */
function isQuestion(name: string): boolean {
  let start = 0;
  for (let i = 0; i <= name.length; i++) {
    const code = i === name.length ? 0x2e : name.charCodeAt(i);
    if (code === 0x2e) {
      if (i === start || i - start > 63) return false;
      if (i === name.length) return start > 0 && topLabel.test(name.slice(start));
      start = i + 1;
    } else if (code < 0x20 || code > 0x7e) {
      return false;
    }
  }
  return false;
}

/** U-labels to A-labels, with the one converter that Node and browsers share. */
function toAscii(domain: string): string | undefined {
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : undefined;
}
