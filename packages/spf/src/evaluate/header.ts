import { withoutControls } from '../syntax/characters.ts';
import type { SpfFault, SpfVerdict } from './trace.ts';

/** What the header fields are made of. */
export interface HeaderFacts {
  readonly result: SpfVerdict;
  readonly identity: 'mailfrom' | 'helo';
  readonly ip: string;
  readonly sender: string;
  readonly helo: string;
  readonly domain: string;
  readonly receiver: string;
  /** The term that decided; null for the default result. */
  readonly mechanism: string | null;
  readonly error: SpfFault | null;
  readonly usedLocalPart: boolean;
}

/** The longest line RFC 5322 section 2.1.1 allows. The field is one line, so that Postfix can PREPEND it. */
const longestLine = 998;

/**
 * The `Received-SPF` field of RFC 7208 section 9.1, in one line.
 *
 *     Received-SPF: pass (mx.example.org: domain of joe@example.com designates 192.0.2.1 as permitted
 *       sender) receiver=mx.example.org; client-ip=192.0.2.1; envelope-from="joe@example.com"; …
 */
export function receivedSpf(facts: HeaderFacts): string {
  const { result, receiver, ip, sender, helo, identity, mechanism, error } = facts;
  // The parts are looked at and not the whole: the texts around them are ours.
  const plainSender = isPlain(sender);
  const harmless =
    plainSender && isPlain(receiver) && isPlain(ip) && (error === null || isPlain(error.message));
  const comment = `${receiver}: ${reason(facts)}`;
  // A sender always has its "@", so it is never a dot-atom.
  const from =
    identity === 'helo'
      ? ''
      : plainSender
        ? `; envelope-from="${sender}"`
        : `; envelope-from=${asValue(sender)}`;
  const why = error
    ? `problem=${error.code}`
    : mechanism === null
      ? 'mechanism=default'
      : `mechanism=${asValue(mechanism)}`;
  const line = `Received-SPF: ${result} (${harmless ? comment : asComment(comment)}) receiver=${asValue(receiver)}; client-ip=${asValue(ip)}${from}; helo=${asValue(helo)}; identity=${identity}; ${why}`;
  if (line.length <= longestLine) return line;
  // Names this long are an attack or an accident: say who and what, and leave the rest out.
  return `Received-SPF: ${result} receiver=${asValue(receiver.slice(0, 255))}; client-ip=${asValue(ip.slice(0, 45))}; identity=${identity}`;
}

/**
 * The result as RFC 8601 section 2.7.2 wants it in Authentication-Results, without the server's name. The
 * local part is told only where the record made use of it.
 */
export function authenticationResults({
  result,
  identity,
  helo,
  sender,
  domain,
  usedLocalPart,
}: HeaderFacts): string {
  const property = identity === 'helo' ? 'smtp.helo' : 'smtp.mailfrom';
  const value = domain === '' ? (identity === 'helo' ? helo : sender) : usedLocalPart ? sender : domain;
  return `spf=${result} ${property}=${value === domain ? value : asPvalue(value.slice(0, 320))}`;
}

function reason({ result, ip, sender, domain, identity, error }: HeaderFacts): string {
  const who = identity === 'helo' ? domain : sender;
  switch (result) {
    case 'pass':
      return `domain of ${who} designates ${ip} as permitted sender`;
    case 'fail':
      return `domain of ${who} does not designate ${ip} as permitted sender`;
    case 'softfail':
      return `domain of transitioning ${who} does not designate ${ip} as permitted sender`;
    case 'neutral':
      return `${ip} is neither permitted nor denied by domain of ${who}`;
    case 'none':
      return error?.code === 'bad-domain'
        ? error.message
        : `domain of ${who} does not designate permitted sender hosts`;
    default:
      return `error in processing during lookup of ${who}: ${error?.message ?? result}`;
  }
}

/** Character by character and not by expression: most of what a check costs beyond DNS is in these fields. */
const enough = { atom: 1, plain: 2 } as const;
const characters = new Uint8Array(128);
for (let code = 0x20; code < 0x7f; code++) {
  const character = String.fromCharCode(code);
  const isAtom = /[\w!#$%&'*+/=?^`{|}~-]/.test(character);
  const isSafe = !/["()\\]/.test(character);
  characters[code] = (isAtom ? enough.atom : 0) | (isSafe ? enough.plain : 0);
}

/** Whether a text can stand in a comment and between quotes as it is. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || (characters[code]! & enough.plain) === 0) return false;
  }
  return true;
}

function isDotAtom(text: string): boolean {
  let afterDot = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (afterDot) return false;
      afterDot = true;
    } else {
      if (code > 127 || (characters[code]! & enough.atom) === 0) return false;
      afterDot = false;
    }
  }
  return !afterDot;
}

function asComment(text: string): string {
  return withoutControls(text).replace(/[()\\]/g, '\\$&');
}

/** A dot-atom stays as it is, everything else becomes a quoted-string. */
function asValue(text: string): string {
  if (isDotAtom(text)) return text;
  return isPlain(text) ? `"${text}"` : `"${withoutControls(text).replace(/["\\]/g, '\\$&')}"`;
}

/** A pvalue (RFC 8601 section 2.2) is a domain, an address or a quoted-string. */
function asPvalue(text: string): string {
  return /^[\w.+=-]+(?:@[\w.-]+)?$/.test(text) ? text : asValue(text);
}
