import { findList } from '@postern/dnsbl';

/** A list restriction's or postscreen item's argument: `zone`, `zone=filter`, `zone=filter*weight`. */
export interface ListArgument {
  readonly zone: string;
  readonly filter: string | undefined;
  readonly weight: string | undefined;
}

export function readListArgument(text: string): ListArgument {
  const [body = '', weight] = text.split('*', 2);
  const equals = body.indexOf('=');
  return {
    zone: (equals < 0 ? body : body.slice(0, equals)).replace(/\.$/, ''),
    filter: equals < 0 ? undefined : body.slice(equals + 1),
    weight,
  };
}

/**
 * The reply filter for a zone: what the registry knows, else every 127.0.x.y from 2 to 254, which no error code
 * (127.255.255.x) and no parked domain's address is in.
 */
export function filterFor(zone: string): string {
  const match = findList(zone);
  return match?.status === 'alive' ? match.list.filter : '127.0.[0..255].[2..254]';
}

export const listRestrictions: readonly string[] = [
  'reject_rbl_client',
  'reject_rhsbl_client',
  'reject_rhsbl_reverse_client',
  'reject_rhsbl_helo',
  'reject_rhsbl_sender',
  'reject_rhsbl_recipient',
];

export const allowRestrictions: readonly string[] = ['permit_dnswl_client', 'permit_rhswl_client'];
