/**
 * What parameters do, in a sentence each: an entry of its own, so that who needs no prose does not load it.
 *
 *     import { describeParameter } from '@postern/config/descriptions';
 */
import { parameter } from './catalogue/parameter.ts';
import { descriptions } from './catalogue/generated/descriptions.ts';

/**
 * What a parameter does. The LMTP client shares its sentences with the SMTP client, and a transport's own
 * parameter (`maildrop_destination_rate_delay`) with the one that gives its default. Undefined for a name
 * that Postfix never had, and for some that hardly anybody sets.
 */
export function describeParameter(name: string): string | undefined {
  const own = written(name);
  if (own !== undefined) return own;
  const { perTransport, default: value } = parameter(name) ?? {};
  if (perTransport) {
    const shared = written(value?.slice(1) ?? '');
    return shared && `For ${perTransport.transport}: ${shared[0]!.toLowerCase()}${shared.slice(1)}`;
  }
  const sibling = name.startsWith('lmtp_') ? written(name.replace('lmtp_', 'smtp_')) : undefined;
  return sibling && `For LMTP: ${sibling[0]!.toLowerCase()}${sibling.slice(1)}`;
}

function written(name: string): string | undefined {
  return Object.hasOwn(descriptions, name) ? descriptions[name] : undefined;
}
