import { expand } from '@postern/config';
import type { Evaluation } from '../session/evaluation.ts';

/**
 * Fills a reply template: `$rbl_domain`, `$client_address`, `${rbl_reason?; $rbl_reason}` and their like.
 *
 * @returns undefined for a template that is broken
 * @see postconf(5) default_rbl_reply, smtpd_expand.c
 */
export function fillTemplate(
  run: Evaluation,
  template: string,
  values: Readonly<Record<string, string>>,
): string | undefined {
  const attributes: Readonly<Record<string, string>> = {
    client: run.namaddr,
    client_address: run.client.address,
    client_name: run.client.name,
    reverse_client_name: run.client.reverseName,
    helo_name: run.heloName ?? '',
    ...addressParts('sender', run.sender),
    ...addressParts('recipient', run.recipient),
    server_name: run.host.settings.text('myhostname'),
    ...values,
  };
  // A value is text, not a template: its own dollar signs stay.
  const lookup = (name: string): string | undefined => attributes[name]?.replaceAll('$', '$$$$');
  return expand(template, lookup, run.host.configuration.version).value;
}

function addressParts(name: string, address: string | undefined): Record<string, string> {
  if (address === undefined) return { [name]: '', [`${name}_name`]: '', [`${name}_domain`]: '' };
  if (address === '') return { [name]: '<>', [`${name}_name`]: '<>', [`${name}_domain`]: '' };
  const at = address.lastIndexOf('@');
  return {
    [name]: address,
    [`${name}_name`]: at < 0 ? address : address.slice(0, at),
    [`${name}_domain`]: at < 0 ? '' : address.slice(at + 1),
  };
}
