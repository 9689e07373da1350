import { isIPv4 } from 'node:net';

const words =
  /(?:^|[.-])(?:dyn|dynamic|dynip|dhcp|dial(?:up|in)?|ppp(?:oe)?|x?dsl|adsl|vdsl|cable|catv|pool|cust(?:omer)?s?|client|static|host|ip|user|broadband|res(?:idential)?|unassigned|rev|reverse|vps|server)(?:[.\d-]|$)/i;

/** Whether a reverse name says no more than the address: numbers of the address in it, or a provider's pool words. */
export function isGenericName(name: string, address: string): boolean {
  const lower = name.toLowerCase();
  if (holdsAddress(lower, address)) return true;
  const first = lower.split('.').slice(0, -2).join('.');
  // A word alone is not enough: static.example.org may be a real host. With a number it is a pool.
  return words.test(`${first}.`) && /\d{2,}/.test(first);
}

function holdsAddress(name: string, address: string): boolean {
  if (isIPv4(address)) {
    const octets = address.split('.');
    const orders = [octets, octets.toReversed(), octets.slice(2), octets.slice(2).toReversed()];
    const padded = octets.map((octet) => octet.padStart(3, '0'));
    const hex = octets.map((octet) => Number(octet).toString(16).padStart(2, '0')).join('');
    return (
      orders.some((order) => new RegExp(`(?:^|[^0-9])${order.join('[.-]')}(?:[^0-9]|$)`).test(name)) ||
      name.includes(padded.join('')) ||
      new RegExp(`(?:^|[^0-9a-f])${hex}(?:[^0-9a-f]|$)`).test(name)
    );
  }
  const digits = address
    .toLowerCase()
    .split(':')
    .filter((group) => group.length > 1);
  return digits.length >= 2 && digits.slice(-2).every((group) => name.includes(group));
}
