import { locateWords } from '../edit/list-layout.ts';
import type { Version } from '../catalogue/version.ts';
import { issuesOfEach, quote, type Issue } from './issue.ts';
import { checkTable } from './table.ts';

/** A list of names: patterns, `!pattern`, `/file`, `type:table`. @see match_list.c */
export function checkDomains(text: string, version: Version): Issue[] {
  return checkPatterns(text, version, () => undefined);
}

/** A list of addresses and names that clients are matched with. @see match_ops.c, cidr_match.c */
export function checkNetworks(text: string, version: Version): Issue[] {
  return checkPatterns(text, version, networkFault);
}

function checkPatterns(
  text: string,
  version: Version,
  faultOf: (pattern: string) => { message: string; advice: string } | undefined,
): Issue[] {
  return issuesOfEach(locateWords(text), (word) => {
    const pattern = word.text.replace(/^!+/, '');
    const start = word.end - pattern.length;
    if (pattern.startsWith('/')) return [];
    const fault = faultOf(pattern);
    if (fault) return [{ code: 'bad-network', level: 'error', ...fault, start, end: word.end }];
    return !pattern.startsWith('[') && pattern.includes(':') ? checkTable(pattern, start, version) : [];
  });
}

function networkFault(pattern: string): { message: string; advice: string } | undefined {
  const slash = pattern.lastIndexOf('/');
  const bare = slash < 0 ? pattern : pattern.slice(0, slash);
  const mask = slash < 0 ? undefined : pattern.slice(slash + 1);
  if (!bare.startsWith('[') && /^[0-9a-f]*(:[0-9a-f.]*){2,}$/i.test(bare)) {
    return {
      message: `${quote(pattern)} is read as a table of type ${quote(pattern.slice(0, pattern.indexOf(':')))}`,
      advice: `Put the IPv6 address into brackets: [${bare}]${mask === undefined ? '' : `/${mask}`}.`,
    };
  }
  const bits = bare.startsWith('[') ? readIpv6(bare) : /^[\d.]+$/.test(bare) ? readIpv4(bare) : 'no address';
  // A word that is no address at all is matched as a host name or, with a colon, is a table.
  if (bits === 'no address')
    return mask === undefined || pattern.includes(':') ? undefined : badMask(pattern, mask);
  if (bits === undefined) {
    return {
      message: `${quote(pattern)} never matches: ${quote(bare)} is no whole address`,
      advice: 'Write all of the address, and how many bits of it count: 192.0.2.0/24.',
    };
  }
  if (mask === undefined) return undefined;
  if (!/^\d{1,3}$/.test(mask) || Number(mask) > bits.length) return badMask(pattern, mask);
  if (bits.slice(Number(mask)).includes('1')) {
    return {
      message: `${quote(pattern)} has host bits behind its first ${mask}: Postfix does not match with it`,
      advice:
        bits.length === 32
          ? `Write ${printIpv4(bits.slice(0, Number(mask)))}/${mask}.`
          : 'Make the bits of the host zero.',
    };
  }
  return undefined;
}

function badMask(pattern: string, mask: string): { message: string; advice: string } {
  return {
    message: `${quote(pattern)} is no network: ${quote(mask)} is no number of bits`,
    advice: 'Write how many bits of the address count: 192.0.2.0/24, [2001:db8::]/32.',
  };
}

/** The address as a string of bits; undefined when it is none. */
function readIpv4(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('');
}

function printIpv4(bits: string): string {
  return bits
    .padEnd(32, '0')
    .match(/.{8}/g)!
    .map((byte) => Number.parseInt(byte, 2))
    .join('.');
}

function readIpv6(bracketed: string): string | undefined {
  if (!bracketed.endsWith(']')) return undefined;
  const text = bracketed.slice(1, -1).replace(/^IPv6:/i, '');
  if (/^[\d.]+$/.test(text)) return readIpv4(text);
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupsOf)));
  const present = groups.flat();
  const missing = 8 - present.length;
  if (present.includes(undefined) || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const all = [...groups[0]!, ...Array.from({ length: missing }, () => 0), ...(groups[1] ?? [])] as number[];
  return all.map((group) => group.toString(2).padStart(16, '0')).join('');
}

/** A group of an IPv6 address, or the two that an IPv4 address at its end makes. */
function groupsOf(text: string): (number | undefined)[] {
  if (/^[0-9a-f]{1,4}$/i.test(text)) return [Number.parseInt(text, 16)];
  const bits = text.includes('.') ? readIpv4(text) : undefined;
  return bits ? [Number.parseInt(bits.slice(0, 16), 2), Number.parseInt(bits.slice(16), 2)] : [undefined];
}
