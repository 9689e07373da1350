import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export type ParsedDomain = { readonly domain: string } | { readonly problem: string };

/**
 * A mail domain as it is asked for: A-labels in lower case without the final dot. At least two labels, letters, digits
 * and hyphens (an underscore is let through where `service` names are read).
 */
export function parseDomain(
  text: string,
  { service = false }: { readonly service?: boolean } = {},
): ParsedDomain {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const trimmed = text.trim().replace(/\.$/, '');
  if (trimmed === '') return { problem: 'no domain is given' };
  if (trimmed.includes('@')) return { problem: `${shown} is an address: give the part after the @` };
  if (isIP(trimmed.replace(/^\[(.*)\]$/, '$1')))
    return { problem: `${shown} is an IP address, not a domain` };
  if (trimmed.length > 253) return { problem: `${shown} is longer than the 253 characters of a domain name` };
  const domain = isAscii(trimmed) ? trimmed.toLowerCase() : domainToASCII(trimmed);
  if (domain === '' || domain.length > 253) return { problem: `${shown} is no domain name (RFC 5891)` };
  const labels = domain.split('.');
  if (labels.length < 2) return { problem: `${shown} has no dot: give the whole domain` };
  const allowed = service
    ? /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/
    : /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  const wrong = labels.find((label) => !allowed.test(label));
  if (wrong !== undefined) {
    return {
      problem: `${shown} is no domain name: ${wrong === '' ? 'it has an empty label' : `the label ${JSON.stringify(wrong.slice(0, 70))} is not at most 63 letters, digits and hyphens between them (RFC 1123)`}`,
    };
  }
  if (/^\d+$/.test(labels.at(-1)!)) return { problem: `${shown} ends in a number: no top-level domain does` };
  return { domain };
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the whole of ASCII
  return /^[\u0000-\u007F]*$/.test(text);
}

/** Whether a name is the domain or lies under it. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
