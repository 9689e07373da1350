import { isIPv4 } from 'node:net';
import { groupsOf } from './address.ts';

/** Words for lines that are lent out: with a number they name a subscriber, not a mail host. */
const poolWords =
  /(?:^|[.-])(?:dyn(?:amic|ip)?|dhcp|dial(?:up|in)?|ppp(?:oe)?|[axv]?dsl|cable|catv|ftth|fib(?:er|re)|pools?|cust(?:omer)?s?|subscribers?|users?|broadband|res(?:idential)?|unassigned)(?=[.\d-]|$)/;
/** Words that real hosts have too: they count only beside a part of the address or a long number. */
const weakWords = /(?:^|[.-])(?:static|hosts?|ip|vps|server|clients?|rev(?:erse)?|node)(?=[.\d-]|$)/;

/**
 * Whether a reverse name says no more than the address: the address is written in it, or a provider's words for lines
 * that it lends out stand there with a number.
 */
export function isGenericName(name: string, address: string): boolean {
  const lower = name.toLowerCase();
  if (holdsAddress(lower, address)) return true;
  // What the owner of the name chose stands below the registered domain.
  const own = lower.split('.').slice(0, -2).join('.');
  if (poolWords.test(own) && /\d/.test(own)) return true;
  return weakWords.test(own) && (/\d{4,}/.test(own) || holdsHalf(own, address));
}

function holdsAddress(name: string, address: string): boolean {
  return isIPv4(address) ? holdsIpv4(name, address.split('.')) : holdsIpv6(name, groupsOf(address));
}

function holdsIpv4(name: string, octets: readonly string[]): boolean {
  const padded = octets.map((octet) => octet.padStart(3, '0'));
  const hex = octets.map((octet) => Number(octet).toString(16).padStart(2, '0'));
  const number = String(octets.reduce((sum, octet) => sum * 256 + Number(octet), 0));
  return (
    [octets, octets.toReversed(), padded, padded.toReversed()].some((order) =>
      holdsRun(name, order, '0-9'),
    ) ||
    holdsWord(name, padded.join(''), '0-9') ||
    holdsWord(name, hex.join(''), '0-9a-f') ||
    holdsWord(name, hex.toReversed().join(''), '0-9a-f') ||
    holdsWord(name, number, '0-9')
  );
}

/** The last four groups, as they are, padded or run together: the first four belong to the whole network. */
function holdsIpv6(name: string, groups: readonly string[]): boolean {
  const short = groups.map((group) => group.replace(/^0{1,3}/, ''));
  const last = [groups, short].map((form) => form.slice(-4));
  return (
    last.some((order) => holdsRun(name, order, '0-9a-f')) ||
    holdsRun(name, groups.join('').split('').toReversed().slice(0, 16), '0-9a-f') ||
    holdsWord(name, groups.slice(-4).join(''), '0-9a-f')
  );
}

/** The two last numbers of an address, beside each other. */
function holdsHalf(name: string, address: string): boolean {
  const half = isIPv4(address) ? address.split('.').slice(2) : [];
  return half.length > 0 && [half, half.toReversed()].some((order) => holdsRun(name, order, '0-9'));
}

/** Whether the parts stand in the name in this order, with one of `.`, `-`, `_` or `x` between them. */
function holdsRun(name: string, parts: readonly string[], characters: string): boolean {
  return holdsWord(name, parts.join('[._x-]'), characters);
}

/** Whether the word stands in the name, none of the given characters before or behind it. */
function holdsWord(name: string, word: string, characters: string): boolean {
  return new RegExp(`(?<![${characters}])${word}(?![${characters}])`).test(name);
}
