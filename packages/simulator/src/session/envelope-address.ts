import { resolveAddress } from '../address/resolve.ts';
import type { Evaluation } from './evaluation.ts';

/** `@relay,@other:user@host` is an address with a route, which smtpd cuts off. */
export function withoutRoute(address: string): string {
  return address.startsWith('@') ? (/^@[^:]*:(.+)$/.exec(address)?.[1] ?? address) : address;
}

/** Whether smtpd does not take the text for one address. */
export function isMalformed(run: Evaluation, address: string): boolean {
  if (address === '') return false;
  // An address with white space or brackets outside quotes is several, or none.
  const bare = address.includes('"') ? address.replaceAll(/"(?:[^"\\]|\\.)*"/g, '') : address;
  if (/[\s<>]/.test(bare)) return true;
  const resolved = resolveAddress(run, address);
  return 'malformed' in resolved && resolved.malformed;
}
