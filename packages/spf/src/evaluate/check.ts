import type { Resolver } from '@postern/dns';
import { formatAddress, parseAddress, type Address } from '../address/address.ts';
import { isAscii } from '../syntax/characters.ts';
import { Answers } from './answers.ts';
import { checkedDomain } from './domain.ts';
import { Evaluation } from './evaluation.ts';
import { authenticationResults, receivedSpf, type HeaderFacts } from './header.ts';
import { defaultLimits, type SpfLimits } from './limits.ts';
import type { MacroValues } from './macro-expansion.ts';
import type { SpfErrorCode, SpfFault, SpfMatch, SpfTrace, SpfVerdict } from './trace.ts';

/** Who is at the door. */
export interface SpfQuery {
  /** The client's address, IPv4 or IPv6. */
  readonly ip: string;
  /** The name it gave with HELO or EHLO. */
  readonly helo: string;
  /** The address it gave with MAIL FROM. Empty for a bounce: then the HELO identity is checked (RFC 7208 section 2.4). */
  readonly sender: string;
}

export interface SpfOptions {
  /** Answers DNS questions. Where it answers without a promise, so does {@link checkSpf}. */
  readonly resolver: Resolver;
  /** The host that checks, for headers and the macro `%{r}`. Default `unknown`. */
  readonly receiver?: string;
  /** What a fail is explained with where the domain explains nothing. */
  readonly defaultExplanation?: string;
  /**
   * Whether the targets of a record's terms are asked for together and not one after the other. Default true.
   * At most `limits.lookups` questions are ahead of the evaluation at a time, and none for another term once the
   * terms asked for come to `limits.lookups`. A check that is decided early has then asked more than it needed:
   * at most by `limits.lookups` questions.
   */
  readonly prefetch?: boolean;
  readonly limits?: Partial<SpfLimits>;
  /** Ends the check early: temperror with the code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Something a reader of the result should know. */
export type SpfWarning = 'lenient-void';

/** The result of a check, with everything that led to it. Plain JSON data. */
export interface SpfResult {
  readonly result: SpfVerdict;
  /** Which identity was checked. */
  readonly identity: 'mailfrom' | 'helo';
  /** The domain whose record was asked first; empty where the identity has none. */
  readonly domain: string;
  /** The client's address as it was understood: an IPv4-mapped address is an IPv4 address. */
  readonly ip: string;
  readonly helo: string;
  /** With the local part `postmaster` where there was none. */
  readonly sender: string;
  /** The term that decided; null for an error and for the default result. */
  readonly matched: SpfMatch | null;
  /** Terms that caused DNS lookups, of the ten allowed. */
  readonly lookups: number;
  /** Terms that led to nothing in DNS, of the two allowed. */
  readonly void: number;
  /** Questions put to the resolver, those asked ahead included. */
  readonly queries: number;
  /** For a fail: the domain's own explanation, which is a stranger's text, or the default one. */
  readonly explanation: string | null;
  readonly explainedBy: 'domain' | 'receiver' | null;
  readonly error: SpfFault | null;
  readonly warnings: readonly SpfWarning[];
  /** Null where the check ended before any record was asked for. */
  readonly trace: SpfTrace | null;
  /** A `Received-SPF` field in one line (RFC 7208 section 9.1). */
  readonly header: string;
  /** The result for an Authentication-Results field (RFC 8601), for example `spf=pass smtp.mailfrom=example.com`. */
  readonly authenticationResults: string;
}

/**
 * Checks whether a client may use an identity: check_host() of RFC 7208. Never throws and never rejects:
 * what goes wrong is a result with an error.
 *
 * @returns the result itself where the resolver answers at once, else a promise for it
 */
export function checkSpf(query: SpfQuery, options: SpfOptions): SpfResult | Promise<SpfResult> {
  const question = readQuery(query, options);
  if (question.problem !== null) {
    const result = question.problem.code === 'bad-domain' ? 'none' : 'temperror';
    return toResult(question, options, null, null, result, question.problem, 0);
  }
  const limits = options.limits ? { ...defaultLimits, ...options.limits } : defaultLimits;
  const answers = new Answers(options.resolver, limits.lookups);
  const evaluation = new Evaluation(question.values, answers, limits, options.prefetch ?? true);
  const trace = evaluation.run(question.domain);
  if (evaluation.suspended) return wait(question, options, limits, answers);
  return toResult(question, options, evaluation, trace, trace.result, trace.error, answers.queries);
}

/** A query that was read: what to ask for, what macros stand for, or why there is nothing to ask. */
interface Question {
  readonly values: MacroValues;
  readonly domain: string;
  readonly ip: string;
  readonly identity: 'mailfrom' | 'helo';
  readonly problem: SpfFault | null;
}

function readQuery({ ip, helo, sender }: SpfQuery, { receiver = 'unknown', signal }: SpfOptions): Question {
  const address = parseAddress(ip);
  const bounce = sender === '' || sender === '<>';
  const full = bounce ? helo : sender;
  const at = bounce ? -1 : full.lastIndexOf('@');
  const localPart = at > 0 ? full.slice(0, at) : 'postmaster';
  const written = at < 0 ? full : full.slice(at + 1);
  const domain = checkedDomain(written);
  // Macros keep the sender as it was given; only a U-label becomes the A-label that was asked for (RFC 8616).
  const senderDomain = domain === undefined || domain === written || isAscii(written) ? written : domain;
  let problem: SpfFault | null = null;
  if (address === undefined) problem = fault('bad-client-address', `"${ip}" is no IP address`);
  else if (domain === undefined)
    problem = fault('bad-domain', `"${written}" is no domain name that could publish a record`);
  else if (signal?.aborted) problem = fault('aborted', 'the check was aborted');
  return {
    values: {
      address: address ?? nowhere,
      sender: at > 0 && senderDomain === written ? full : `${localPart}@${senderDomain}`,
      localPart,
      senderDomain,
      helo,
      receiver,
    },
    domain: domain ?? '',
    // An IPv4 address has one spelling only.
    ip: address !== undefined && ip.includes(':') ? formatAddress(address) : ip,
    identity: bounce ? 'helo' : 'mailfrom',
    problem,
  };
}

const nowhere: Address = { family: 4, words: [0, 0, 0, 0] };

/** One pass after each answer, until one of them decides. */
async function wait(
  question: Question,
  options: SpfOptions,
  limits: SpfLimits,
  answers: Answers,
): Promise<SpfResult> {
  const { signal, prefetch = true } = options;
  const abort = (): void => answers.close('aborted');
  signal?.addEventListener('abort', abort);
  const timer = setTimeout(() => answers.close('time-limit'), limits.time);
  try {
    for (;;) {
      await answers.next();
      const evaluation = new Evaluation(question.values, answers, limits, prefetch);
      const trace = evaluation.run(question.domain);
      if (evaluation.suspended) continue;
      return toResult(question, options, evaluation, trace, trace.result, trace.error, answers.queries);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    answers.release();
  }
}

const noWarnings: readonly SpfWarning[] = Object.freeze([]);
const lenient: readonly SpfWarning[] = Object.freeze(['lenient-void' as const]);

function toResult(
  { values, identity, domain, ip }: Question,
  options: SpfOptions,
  evaluation: Evaluation | null,
  trace: SpfTrace | null,
  result: SpfVerdict,
  error: SpfFault | null,
  queries: number,
): SpfResult {
  const { helo, sender, receiver } = values;
  const matched = trace === null || error !== null ? null : findMatch(trace);
  const own = evaluation === null ? null : evaluation.explanation;
  const explanation = result === 'fail' ? (own ?? options.defaultExplanation ?? null) : null;
  const facts: HeaderFacts = {
    result,
    identity,
    ip,
    sender,
    helo,
    domain,
    receiver,
    mechanism: matched === null ? null : matched.term,
    error,
    usedLocalPart: evaluation !== null && evaluation.usedLocalPart,
  };
  return {
    result,
    identity,
    domain,
    ip,
    helo,
    sender,
    matched,
    lookups: evaluation === null ? 0 : evaluation.bill.lookups,
    void: evaluation === null ? 0 : evaluation.bill.voids,
    queries,
    explanation,
    explainedBy: explanation === null ? null : own === null ? 'receiver' : 'domain',
    error,
    warnings: evaluation !== null && evaluation.bill.leniency ? lenient : noWarnings,
    trace,
    header: receivedSpf(facts),
    authenticationResults: authenticationResults(facts),
  };
}

/** Follows redirects to the record whose term matched, and includes down to what matched inside. */
function findMatch({ domain, terms }: SpfTrace): SpfMatch | null {
  for (const { term, outcome, inner } of terms) {
    if (outcome === 'match') return { domain, term, inner: inner === null ? null : findMatch(inner) };
    if (outcome === 'followed' && inner !== null) return findMatch(inner);
  }
  return null;
}

function fault(code: SpfErrorCode, message: string): SpfFault {
  return { code, message, domain: '' };
}
