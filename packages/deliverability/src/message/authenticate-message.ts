import { arc, bimi, dkimVerify, dmarc, type DKIMResult } from 'mailauth';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { Resolver } from '@postern/dns';
import { checkSpf, type SpfResult } from '@postern/spf';
import { quoteEvidence } from '../check.ts';
import { DeliverabilityError } from '../error.ts';
import { boundedMessage, type MessageBounds, type MessageSource } from './bounded-message.ts';
import { nodeLookup } from './node-resolver.ts';
import { explainVerdict } from './explain-verdict.ts';

export interface Envelope {
  /** The client that handed the message over. */
  readonly ip: string;
  readonly helo: string;
  /** The address of MAIL FROM; empty for a bounce. */
  readonly sender: string;
}

export interface AuthenticateOptions extends MessageBounds {
  readonly resolver: Resolver;
  /** The host that checks, the first word of the header (`localhost`). */
  readonly receiver?: string;
  /** The time that signatures are held against (now). */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

export type AuthenticationResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror'
  | 'skipped'
  | 'declined';

export interface SignatureResult {
  readonly domain: string;
  readonly selector: string;
  readonly result: AuthenticationResult;
  /** Why it did not pass. */
  readonly comment?: string;
  readonly algorithm?: string;
  readonly bits?: number;
  /** Bytes of the body that the signature leaves out (`l=`). */
  readonly unsigned?: number;
}

/** What a receiver makes of a message. Plain JSON data. */
export interface MessageVerdict {
  /** Domains of the From field. DMARC needs exactly one. */
  readonly from: readonly string[];
  readonly spf: SpfResult;
  readonly dkim: readonly SignatureResult[];
  readonly dmarc: {
    readonly result: AuthenticationResult;
    /** What the From domain asks to be done with a message that fails. */
    readonly policy: 'none' | 'quarantine' | 'reject' | null;
    /** Whose record that is. */
    readonly policyDomain: string | null;
    /** Domains that vouch for the From domain. */
    readonly alignedSpf: string | null;
    readonly alignedDkim: string | null;
  };
  readonly arc: {
    readonly result: AuthenticationResult;
    readonly instance: number;
    readonly comment?: string;
  };
  readonly bimi: { readonly result: AuthenticationResult; readonly comment?: string };
  /** The verdict in sentences, the most important first. */
  readonly explanation: readonly string[];
  /** An Authentication-Results field in one line (RFC 8601). */
  readonly header: string;
}

/**
 * Checks a message as a receiver would: SPF by @postern/spf, DKIM, DMARC, ARC and BIMI by mailauth, all with the one
 * resolver. Broken messages and DNS failures are results. A message is read once and not kept: one that comes as a stream
 * takes no more memory than its header fields.
 *
 * @param raw - the message as it came, header fields and body
 * @throws DeliverabilityError too-large; bad-address for an `ip` that is none; and what a stream throws
 */
export async function authenticateMessage(
  raw: MessageSource,
  { ip, helo, sender }: Envelope,
  options: AuthenticateOptions,
): Promise<MessageVerdict> {
  const { resolver, receiver = 'localhost', now, signal } = options;
  if (!isIP(ip))
    throw new DeliverabilityError('bad-address', `${JSON.stringify(ip.slice(0, 80))} is no IP address`);
  const lookup = nodeLookup(resolver, signal);
  const message = Readable.from(boundedMessage(raw, options), { objectMode: false });
  const strict = true;
  const [spf, signatures] = await Promise.all([
    checkSpf({ ip, helo, sender }, { resolver, receiver, ...(signal ? { signal } : {}) }),
    dkimVerify(message, {
      resolver: lookup,
      strict,
      ...(sender === '' ? {} : { sender }),
      ...(now ? { curTime: now } : {}),
      // Whatever ended it, nobody reads on.
    }).finally(() => message.destroy()),
  ]);
  const passing = signatures.results.filter(({ status }) => status.result === 'pass');
  // Its types leave out that a message without a chain is taken too.
  const seals = signatures.arc as Parameters<typeof arc>[0] | undefined;
  const chain = seals ? await arc(seals, { resolver: lookup, strict, ip }) : undefined;
  const policy = await dmarc({
    headerFrom: signatures.headerFrom,
    fromFields: signatures.fromFields,
    spfDomains: spf.result === 'pass' ? [spf.domain] : [],
    dkimDomains: passing.map(({ id, signingDomain, status }) => ({
      domain: signingDomain ?? '',
      ...(id === undefined ? {} : { id }),
      ...(status.aligned === undefined ? {} : { aligned: status.aligned }),
      ...(status.underSized === undefined ? {} : { underSized: status.underSized }),
    })),
    ...(chain ? { arcResult: chain } : {}),
    resolver: lookup,
    strict,
  });
  const logo = await bimi({
    ...(policy ? { dmarc: policy } : {}),
    headers: signatures.headers,
    resolver: lookup,
    strict,
  });

  // Its types leave out that there is none where there is no policy.
  const alignment = policy ? (policy.alignment as typeof policy.alignment | undefined) : undefined;
  const verdict: Omit<MessageVerdict, 'explanation'> = {
    from: [
      ...new Set(
        signatures.headerFrom.map((address) =>
          quoteEvidence(address.slice(address.lastIndexOf('@') + 1)).toLowerCase(),
        ),
      ),
    ],
    spf,
    dkim: signatures.results.map(readSignature),
    dmarc: {
      result: policy ? readResult(policy.status.result) : 'none',
      policy: policy && isPolicy(policy.policy) ? policy.policy : null,
      policyDomain: policy ? (policy.policyDomain ?? null) : null,
      alignedSpf: alignment?.spf.result ?? null,
      alignedDkim: alignment?.dkim.result ?? null,
    },
    arc: {
      result: readResult(chain?.status.result),
      instance: chain?.i || 0,
      ...comment(chain?.status.comment),
    },
    bimi: {
      result: readResult(logo ? logo.status.result : 'none'),
      ...comment(logo ? logo.status.comment : undefined),
    },
    header: header(receiver, [
      spf.authenticationResults,
      ...signatures.results.map(({ info }) => info),
      ...(policy ? [policy.info] : []),
      ...(chain?.info === undefined ? [] : [chain.info]),
      ...(logo ? [logo.info] : []),
    ]),
  };
  return { ...verdict, explanation: explainVerdict(verdict) };
}

function readSignature({
  signingDomain,
  selector,
  status,
  algo,
  modulusLength,
}: DKIMResult): SignatureResult {
  return {
    domain: quoteEvidence(signingDomain ?? ''),
    selector: quoteEvidence(selector ?? ''),
    result: readResult(status.result),
    ...comment(status.comment),
    ...(algo === undefined ? {} : { algorithm: quoteEvidence(algo) }),
    ...(modulusLength === undefined ? {} : { bits: modulusLength }),
    ...(status.underSized ? { unsigned: status.underSized } : {}),
  };
}

function comment(text: unknown): { comment?: string } {
  return typeof text === 'string' && text !== '' ? { comment: quoteEvidence(text) } : {};
}

const results: ReadonlySet<string> = new Set<AuthenticationResult>([
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'policy',
  'temperror',
  'permerror',
  'skipped',
  'declined',
]);

function readResult(text: string | undefined): AuthenticationResult {
  return text !== undefined && isResult(text) ? text : 'none';
}

function isResult(text: string): text is AuthenticationResult {
  return results.has(text);
}

function isPolicy(text: string): text is 'none' | 'quarantine' | 'reject' {
  return text === 'none' || text === 'quarantine' || text === 'reject';
}

function header(receiver: string, parts: readonly string[]): string {
  const methods = parts.map((part) => part.replaceAll(/\s+/g, ' ').trim());
  return `Authentication-Results: ${[receiver, ...(methods.length > 0 ? methods : ['none'])].join('; ')}`;
}
