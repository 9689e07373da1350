import { readAddress } from './address.ts';
import type { Problem, ProblemCode } from './problem.ts';

/**
 * Reads a domain that lists can be asked about: at least two labels, ASCII only, no address. Lists hold A-labels, and
 * a look-alike in other letters would be another domain, so names with letters beyond ASCII are refused with the
 * A-labels they stand for.
 *
 * @returns the domain in lower case and without a final dot, or the problem
 */
export function parseDomain(text: string): { domain: string } | { problem: Problem } {
  const domain = text.toLowerCase().replace(/\.$/, '');
  if (/[\u{80}-\u{10ffff}]/u.test(domain)) {
    const ascii = toAscii(domain);
    if (ascii === undefined) return refuse('bad-domain', `"${text}" is no domain name`);
    return refuse('idn', `${text} has letters beyond ASCII; lists know it as ${ascii}`, ascii);
  }
  if (readAddress(domain.replace(/^\[(?:ipv6:)?(.*)\]$/, '$1')) !== undefined) {
    return refuse('bad-domain', `${text} is an address, not a domain`);
  }
  const labels = domain.split('.');
  const valid = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!valid || domain.length > 253) return refuse('bad-domain', `"${text}" is no domain name`);
  if (labels.length < 2)
    return refuse('bad-domain', `"${text}" is a single label; lists hold domains below a top-level one`);
  if (/^\d+$/.test(labels.at(-1)!))
    return refuse('bad-domain', `"${text}" ends in a number: no top-level domain does`);
  return { domain };
}

/** A-labels by the rules that browsers and Node share (UTS 46). */
function toAscii(domain: string): string | undefined {
  try {
    const { hostname } = new URL(`http://${domain}/`);
    return /^[\w.-]+$/.test(hostname) ? hostname : undefined;
  } catch {
    return undefined;
  }
}

function refuse(code: ProblemCode, message: string, suggestion?: string): { problem: Problem } {
  return { problem: { code, message, ...(suggestion !== undefined && { suggestion }) } };
}
