import type { Resolver } from '@postern/dns';
import { formatAddress, parseAddress } from '../address/address.ts';
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
  const check = new Check(query, options);
  return check.refused() ?? check.start();
}

class Check {
  readonly #values: MacroValues;
  readonly #domain: string;
  readonly #ip: string;
  readonly #identity: 'mailfrom' | 'helo';
  readonly #options: SpfOptions;
  readonly #limits: SpfLimits;
  readonly #problem: SpfFault | null;

  constructor({ ip, helo, sender }: SpfQuery, options: SpfOptions) {
    const address = parseAddress(ip);
    const bounce = sender === '' || sender === '<>';
    const full = bounce ? helo : sender;
    const at = bounce ? -1 : full.lastIndexOf('@');
    const localPart = at > 0 ? full.slice(0, at) : 'postmaster';
    const written = at < 0 ? full : full.slice(at + 1);
    const domain = checkedDomain(written);
    // Macros keep the sender as it was given; only a U-label becomes the A-label that was asked for (RFC 8616).
    const senderDomain = domain === undefined || domain === written || isAscii(written) ? written : domain;
    this.#domain = domain ?? '';
    this.#ip = address && (address.family === 6 || ip.includes(':')) ? formatAddress(address) : ip;
    this.#identity = bounce ? 'helo' : 'mailfrom';
    this.#options = options;
    this.#limits = options.limits ? { ...defaultLimits, ...options.limits } : defaultLimits;
    this.#values = {
      address: address ?? { family: 4, words: [0, 0, 0, 0] },
      sender: `${localPart}@${senderDomain}`,
      localPart,
      senderDomain,
      helo,
      receiver: options.receiver ?? 'unknown',
    };
    this.#problem = !address
      ? fault('bad-client-address', `"${ip}" is no IP address`)
      : domain === undefined
        ? fault('bad-domain', `"${written}" is no domain name that could publish a record`)
        : options.signal?.aborted
          ? fault('aborted', 'the check was aborted')
          : null;
  }

  /** The result where there is nothing to look up. */
  refused(): SpfResult | undefined {
    if (!this.#problem) return undefined;
    return this.#result(
      null,
      null,
      this.#problem.code === 'bad-domain' ? 'none' : 'temperror',
      this.#problem,
      0,
    );
  }

  start(): SpfResult | Promise<SpfResult> {
    const answers = new Answers(this.#options.resolver, this.#limits.lookups);
    const evaluation = this.#evaluation(answers);
    const trace = evaluation.run(this.#domain);
    return evaluation.suspended ? this.#wait(answers) : this.#finish(evaluation, trace, answers);
  }

  /** One pass after each answer, until one of them decides. */
  async #wait(answers: Answers): Promise<SpfResult> {
    const { signal } = this.#options;
    const abort = (): void => answers.close('aborted');
    signal?.addEventListener('abort', abort);
    const timer = setTimeout(() => answers.close('time-limit'), this.#limits.time);
    try {
      for (;;) {
        await answers.next();
        const evaluation = this.#evaluation(answers);
        const trace = evaluation.run(this.#domain);
        if (!evaluation.suspended) return this.#finish(evaluation, trace, answers);
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      answers.release();
    }
  }

  #evaluation(answers: Answers): Evaluation {
    return new Evaluation(this.#values, answers, this.#limits, this.#options.prefetch ?? true);
  }

  #finish(evaluation: Evaluation, trace: SpfTrace, answers: Answers): SpfResult {
    return this.#result(evaluation, trace, trace.result, trace.error, answers.queries);
  }

  #result(
    evaluation: Evaluation | null,
    trace: SpfTrace | null,
    result: SpfVerdict,
    error: SpfFault | null,
    queries: number,
  ): SpfResult {
    const { helo, sender, receiver } = this.#values;
    const identity = this.#identity;
    const domain = this.#domain;
    const ip = this.#ip;
    const matched = trace === null || error !== null ? null : findMatch(trace);
    const ownExplanation = evaluation?.explanation ?? null;
    const explanation =
      result === 'fail' ? (ownExplanation ?? this.#options.defaultExplanation ?? null) : null;
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
      usedLocalPart: evaluation?.usedLocalPart ?? false,
    };
    return {
      result,
      identity,
      domain,
      ip,
      helo,
      sender,
      matched,
      lookups: evaluation?.bill.lookups ?? 0,
      void: evaluation?.bill.voids ?? 0,
      queries,
      explanation,
      explainedBy: explanation === null ? null : ownExplanation === null ? 'receiver' : 'domain',
      error,
      warnings: evaluation?.bill.leniency ? ['lenient-void'] : [],
      trace,
      header: receivedSpf(facts),
      authenticationResults: authenticationResults(facts),
    };
  }
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
