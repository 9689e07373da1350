import { checkSpf, type SpfResult } from '@postern/spf';
import { printAction, type Action } from '../../protocol/action.ts';
import type { PolicyRequest } from '../../protocol/request.ts';
import type { Handler } from '../handler.ts';
import { privateNetworks } from './networks.ts';
import type { SpfHandlerOptions, SpfSettings } from './options.ts';
import { actionFor, sendsNoMail, type KeptResult } from './refusal.ts';
import { makeTrust } from './trust.ts';

/** Messages whose checks are remembered, so that further recipients cost no lookup. */
const mostMessages = 10_000;

/** What was found about one message: everything that does not depend on the recipient. */
type Checked =
  | { readonly type: 'unchecked'; readonly why: string; readonly header?: Action }
  | { readonly type: 'checked'; readonly helo?: KeptResult; readonly mailFrom?: KeptResult };

/**
 * Checks SPF for the HELO and MAIL FROM identities (RFC 7208), once a message, and marks or refuses it.
 * Wire it in smtpd_recipient_restrictions right after reject_unauth_destination.
 *
 * A client with a private address is never held against a record: behind a NAT or a proxy every message would
 * fail. It is said in the log instead.
 *
 * @throws RangeError when `skip` or `trusted.clients` has something that is no address or network
 */
export function spfHandler(options: SpfHandlerOptions): Handler {
  const trust = makeTrust(options);
  const messages = new Map<string, Promise<Checked>>();
  const deadline = 2 * (options.lookupTime ?? 20_000) + 3 * (options.trustLookupTime ?? 10_000);

  return {
    name: 'spf',
    deadline,
    onFailure: { type: 'dunno' },
    async handle(request, { note, signal }) {
      const { clientAddress, sender, saslUsername } = request;
      if (clientAddress === undefined || sender === undefined) return undefined;
      if (sender === '' && request.heloName === undefined) {
        note('not checked: neither a sender nor a HELO name');
        return undefined;
      }
      if (saslUsername !== undefined) {
        note('not checked: the client is logged in');
        return undefined;
      }
      const checked = await once(request, () => check(request, clientAddress, sender, signal));
      if (checked.type === 'unchecked') {
        note(`not checked: ${checked.why}`);
        return checked.header;
      }
      const own =
        request.recipient === undefined ? undefined : await options.perRecipient?.(request.recipient);
      return decideFor(checked, sender, own ? merge(options, own) : options, note);
    },
  };

  /** Further requests of a message share what its first one found, even while that is still being looked up. */
  function once(request: PolicyRequest, look: () => Promise<Checked>): Promise<Checked> {
    if (request.instance === undefined) return look();
    const key = `${request.instance}\n${request.sender}\n${request.heloName}`;
    const known = messages.get(key);
    if (known) return known;
    const found = look();
    messages.set(key, found);
    // What failed is looked up anew for the next recipient.
    found.catch(() => messages.delete(key));
    if (messages.size > mostMessages) messages.delete(messages.keys().next().value!);
    return found;
  }

  async function check(
    request: PolicyRequest,
    clientAddress: string,
    sender: string,
    signal: AbortSignal,
  ): Promise<Checked> {
    const helo = request.heloName ?? '';
    const ip = options.prospective ?? clientAddress;
    const trusted = await trust.reasonFor(ip, helo, signal);
    if (trusted !== undefined) return { type: 'unchecked', why: trusted, ...uncheckedHeader(trusted) };
    if (privateNetworks.contains(ip)) {
      const why = `${ip} is a private address; smtpd sees a NAT or a proxy in place of the client`;
      return { type: 'unchecked', why };
    }
    const { resolver, receiver, lookupTime = 20_000, voidLimit = 2 } = options;
    const common = { resolver, receiver, signal, limits: { time: lookupTime, void: voidLimit } };
    const { helo: heloSettings, mailFrom: mailFromSettings } = options;
    const heloResult =
      heloSettings?.check === false ? undefined : await checkSpf({ ip, helo, sender: '' }, common);
    const mailFromResult =
      mailFromSettings?.check === false || sender === ''
        ? undefined
        : await checkSpf({ ip, helo, sender }, common);
    return {
      type: 'checked',
      ...(heloResult && { helo: toKeep(heloResult) }),
      ...(mailFromResult && { mailFrom: toKeep(mailFromResult) }),
    };
  }

  function decideFor(
    { helo, mailFrom }: Extract<Checked, { type: 'checked' }>,
    sender: string,
    settings: SpfSettings,
    note: (text: string) => void,
  ): Action | undefined {
    const results = [helo, mailFrom].filter((result) => result !== undefined);
    for (const { identity, result, domain } of results) note(`${identity} ${result} (${domain})`);
    const forHelo = helo && actionFor(helo, sender, settings, options);
    const forMailFrom = mailFrom && actionFor(mailFrom, sender, settings, options);
    // A HELO name that is refused is the end. After that, a pass that smtpd is told of outweighs a refusal.
    const decisive = [
      forHelo?.type === 'restriction' ? undefined : forHelo,
      forMailFrom?.type === 'restriction' ? forMailFrom : undefined,
      forHelo,
      forMailFrom,
    ].find((action) => action !== undefined);
    if (decisive && options.testOnly) {
      note(`test only, would be: ${printAction(decisive)}`);
      return undefined;
    }
    if (decisive) return decisive;
    if (options.prospective !== undefined) return undefined;
    // A sender without a record says less than a HELO name with one.
    const shown = mailFrom?.result === 'none' ? (helo ?? mailFrom) : (mailFrom ?? helo);
    return shown && header(shown, settings);
  }

  /** What is written into mail that is not checked. */
  function uncheckedHeader(why: string): { header?: Action } {
    if (options.header === 'none' || options.prospective !== undefined) return {};
    return {
      header:
        options.header === 'authentication-results'
          ? { type: 'prepend', header: 'Authentication-Results', value: `${options.receiver}; none` }
          : { type: 'prepend', header: 'X-Comment', value: `SPF not checked: ${why}` },
    };
  }

  function header(result: KeptResult, { header: kind = 'received-spf' }: SpfSettings): Action | undefined {
    if (kind === 'none') return undefined;
    if (kind === 'authentication-results') {
      const value = `${options.receiver}; ${result.authenticationResults}`;
      return { type: 'prepend', header: 'Authentication-Results', value };
    }
    return { type: 'prepend', header: 'Received-SPF', value: result.header.slice('Received-SPF: '.length) };
  }
}

function merge(all: SpfSettings, own: SpfSettings): SpfSettings {
  return {
    ...all,
    ...own,
    helo: { ...all.helo, ...own.helo },
    mailFrom: { ...all.mailFrom, ...own.mailFrom },
  };
}

/** A result without what nobody asks for later: ten thousand messages are remembered. */
function toKeep(result: SpfResult): KeptResult {
  const { identity, domain, explanation, error, header, authenticationResults } = result;
  return {
    result: result.result,
    identity,
    domain,
    explanation,
    error,
    header,
    authenticationResults,
    sendsNoMail: sendsNoMail(result),
  };
}
