import { HardeningError } from '../error.ts';
import { isTooWide, readNetwork } from '../knowledge/networks.ts';
import type { Inputs } from './inputs.ts';

const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
const domainName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`, 'i');

/**
 * Looks at what was told before it becomes a line of main.cf: a value that is none there would be planned, applied and
 * refused by Postfix, or let somebody relay.
 *
 * @throws HardeningError `bad-input`
 */
export function checkInputs(inputs: Inputs): void {
  const { hostname, relayDomains = [], blockLists = [], networks = [], dqsKey, tls, smarthost } = inputs;
  for (const [what, names] of [
    ['host name', hostname === undefined ? [] : [hostname]],
    ['relay domain', relayDomains],
    ['block list', blockLists],
  ] as const) {
    const wrong = names.find((name) => !domainName.test(name));
    if (wrong !== undefined) refuse(what, wrong, 'Write a domain name such as mail.example.com');
  }
  for (const network of networks) checkNetwork(network);
  if (dqsKey !== undefined && !/^[a-z0-9]+$/i.test(dqsKey))
    // The key is a secret, whatever is wrong with it.
    throw new HardeningError('bad-input', 'The DQS key has other characters than letters and digits.');
  for (const [what, text] of [
    ['certificate', tls?.certificate],
    ['key', tls?.key],
    ['smarthost', smarthost?.host],
    ['table of passwords', smarthost?.passwords],
    ['table of recipients', inputs.relayRecipients],
  ] as const) {
    if (text !== undefined && !/^\S+$/.test(text))
      refuse(what, text, 'Write it as main.cf has it, without blanks');
  }
}

function checkNetwork(text: string): void {
  // A file or a table of networks.
  if (/^(\w+:)?\/\S*$/.test(text)) return;
  const network = readNetwork(text);
  const isAddress =
    network?.family === 6 || network?.address.split('.').every((octet) => Number(octet) <= 255);
  if (!network || !isAddress || network.prefix > (network.family === 4 ? 32 : 128))
    refuse('network', text, 'Write it as 192.0.2.0/24 or 2001:db8::/48');
  if (isTooWide(network))
    refuse('network', text, 'It is a large part of the internet: whoever is in it may relay');
}

function refuse(what: string, text: string, advice: string): never {
  throw new HardeningError('bad-input', `${what} ${JSON.stringify(text)}: cannot be that. ${advice}.`);
}
