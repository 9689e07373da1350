import { sameNetwork4, sameNetwork6 } from '../address/address.ts';
import { isAscii, withoutControls } from '../syntax/characters.ts';
import { parseMacroString } from '../syntax/macro.ts';
import type { Answers } from './answers.ts';
import {
  compiledRecord,
  type CompiledRecord,
  type RedirectStep,
  type Step,
  type Target,
} from './compiled-record.ts';
import { Bill, newRun, type TermRun } from './bill.ts';
import {
  byPreference,
  failureText,
  holdsClient,
  hostName,
  isAtOrBelow,
  isVoid,
  multiple,
  reverseName,
  spfText,
} from './dns-reading.ts';
import { targetName } from './domain.ts';
import type { SpfLimits } from './limits.ts';
import { expandMacros, type MacroValues } from './macro-expansion.ts';
import type { SpfErrorCode, SpfFault, SpfLookup, SpfTermTrace, SpfTrace, SpfVerdict } from './trace.ts';

/**
 * One pass of check_host() (RFC 7208 section 4) over what DNS has said so far.
 *
 * Where every answer is there, the pass decides. Where one is missing, the pass is `suspended`: it goes on
 * as if the term did not match, so that the questions of the terms behind it are on their way as well, and
 * what it comes to is thrown away. The next pass starts over with more answers. Without prefetch it stops at
 * the first missing answer instead. Passes are cheap and answers are remembered, so a pass never depends on
 * when an answer came.
 */
export class Evaluation {
  readonly bill: Bill;
  suspended = false;
  /** Whether a term or the explanation made use of the sender's local part. */
  usedLocalPart = false;
  explanation: string | null = null;

  readonly #values: MacroValues;
  readonly #answers: Answers;
  readonly #limits: SpfLimits;
  readonly #prefetch: boolean;
  #stopped = false;

  constructor(values: MacroValues, answers: Answers, limits: SpfLimits, prefetch: boolean) {
    this.#values = values;
    this.#answers = answers;
    this.bill = new Bill(limits);
    this.#limits = limits;
    this.#prefetch = prefetch;
  }

  /** Evaluates the domain of the identity. */
  run(domain: string): SpfTrace {
    return this.#check(domain, true, false);
  }

  /** @param explains  whether a fail is explained by this record: not inside an include (section 6.2) */
  #check(domain: string, explains: boolean, isTerm: boolean): SpfTrace {
    const lookup = this.#ask(domain, 'TXT', isTerm);
    if (lookup === null) return this.#ended(domain, null, null, 'temperror');
    const { answer } = lookup;
    if (answer.status === 'failed') {
      this.bill.fault('dns', domain, undefined, failureText(lookup));
      return this.#ended(domain, null, lookup, 'temperror');
    }
    const text = answer.status === 'found' ? spfText(answer.records as readonly (readonly string[])[]) : null;
    if (text === null) {
      this.bill.fault('no-record', domain, undefined, `${domain} publishes no SPF record`);
      return this.#ended(domain, null, lookup, 'none');
    }
    if (text === multiple) {
      this.bill.fault('multiple-records', domain, undefined, `${domain} publishes more than one SPF record`);
      return this.#ended(domain, null, lookup, 'permerror');
    }
    const record = compiledRecord(text);
    if (record.problem) {
      const { code, range, message } = record.problem;
      this.bill.error = {
        code: 'syntax',
        message: `the record of ${domain}: ${message}`,
        domain,
        problem: { code, range },
      };
      return this.#ended(domain, text, lookup, 'permerror');
    }
    return this.#terms(domain, record, lookup, explains);
  }

  #terms(domain: string, record: CompiledRecord, lookup: SpfLookup, explains: boolean): SpfTrace {
    const { steps, redirect } = record;
    const terms: SpfTermTrace[] = [];
    const explanation: SpfLookup[] = [];
    let result: SpfVerdict = 'neutral';
    let error: SpfFault | null = null;
    let decided = false;
    for (const step of steps) {
      if (decided) {
        terms.push(step.notReached);
        continue;
      }
      const trace = this.#step(step, domain);
      terms.push(trace);
      if (this.#stopped) break;
      if (trace.outcome === 'match') {
        result = step.verdict;
        decided = true;
        if (result === 'fail' && explains && record.explanation && !this.suspended) {
          this.#explain(record.explanation, domain, explanation);
        }
      } else if (trace.outcome === 'error') {
        error = this.bill.error;
        result = isTemporary(error!.code) ? 'temperror' : 'permerror';
        decided = true;
      }
    }
    if (redirect) {
      if (decided || this.#stopped) {
        terms.push(redirect.notReached);
      } else {
        const trace = this.#redirect(redirect, domain, explains);
        terms.push(trace);
        // Without an inner trace and without an error the answer is missing, and the pass counts for nothing.
        result = trace.inner?.result ?? 'neutral';
        if (trace.outcome === 'error') {
          error = this.bill.error;
          result = isTemporary(error!.code) ? 'temperror' : 'permerror';
        }
      }
    }
    return { domain, record: record.text, lookup, terms, explanation, result, error };
  }

  #step(step: Step, domain: string): SpfTermTrace {
    const { address } = this.#values;
    switch (step.kind) {
      case 'all':
        return step.matched;
      case 'ip4':
        return address.family === 4 && sameNetwork4(address.words[3], step.ip4, step.prefix4)
          ? step.matched
          : step.missed;
      case 'ip6':
        return address.family === 6 && sameNetwork6(address.words, step.ip6, step.prefix6)
          ? step.matched
          : step.missed;
      default:
        return this.#lookupStep(step, domain);
    }
  }

  /** A term that asks DNS. */
  #lookupStep(step: Step, domain: string): SpfTermTrace {
    const run = newRun(step.term);
    const name = step.target ? this.#target(step.target, domain, run) : domain;
    if (name === null) return run;
    if (name === undefined) {
      // A name that DNS cannot be asked for does not match (section 4.8); an include needs a record (5.2).
      if (step.kind === 'include') {
        this.bill.fail(run, 'bad-target', domain, `"${step.term}" leads to no domain name`);
      }
      return run;
    }
    run.target = name;
    if (!this.bill.count(run, domain)) return run;
    switch (step.kind) {
      case 'include':
        return this.#include(run, domain, name);
      case 'mx':
        return this.#mx(step, run, domain, name);
      case 'ptr':
        return this.#ptr(run, domain, name);
      default:
        return this.#address(step, run, domain, name);
    }
  }

  /** `a` and `exists` (sections 5.3 and 5.7). */
  #address(step: Step, run: TermRun, domain: string, name: string): SpfTermTrace {
    const type = step.kind === 'a' && this.#values.address.family === 6 ? 'AAAA' : 'A';
    const answer = this.#termAnswer(run, domain, name, type);
    if (
      answer !== null &&
      (step.kind === 'exists' || holdsClient(this.#values.address, answer, step.prefix4, step.prefix6))
    ) {
      run.outcome = 'match';
    }
    return run;
  }

  /** `mx` (section 5.4): the hosts in the order of their preference. */
  #mx(step: Step, run: TermRun, domain: string, name: string): SpfTermTrace {
    const answer = this.#termAnswer(run, domain, name, 'MX');
    if (answer === null) return run;
    let asked = 0;
    for (const { exchange } of byPreference(answer as readonly { preference: number; exchange: string }[])) {
      const host = hostName(exchange);
      if (host === '') continue; // a null MX (RFC 7505) names no host
      if (asked++ === this.#limits.mx) {
        this.bill.fail(run, 'mx-limit', domain, `${name} has more than ${this.#limits.mx} MX hosts`);
        return run;
      }
      const lookup = this.#ask(host, this.#addressType(), false);
      if (lookup === null) {
        if (this.#missing(run)) return run;
        continue;
      }
      run.lookups.push(lookup);
      if (lookup.answer.status === 'failed') {
        this.bill.fail(run, 'dns', domain, failureText(lookup));
        return run;
      }
      if (
        lookup.answer.status === 'found' &&
        holdsClient(this.#values.address, lookup.answer.records, step.prefix4, step.prefix6)
      ) {
        run.outcome = 'match';
        return run;
      }
    }
    return run;
  }

  /**
   * `ptr` (section 5.5). Only names at or below the target are looked up: a name elsewhere cannot match,
   * whether it is the client's or not.
   */
  #ptr(run: TermRun, domain: string, target: string): SpfTermTrace {
    const names = this.#ptrNames(run, domain);
    if (names === null) return run;
    for (const name of names) {
      if (!isAtOrBelow(name, target)) continue;
      const valid = this.#isClientsName(name, run);
      if (this.#stopped || run.outcome === 'error') return run;
      if (valid) {
        run.outcome = 'match';
        return run;
      }
    }
    return run;
  }

  #include(run: TermRun, domain: string, name: string): SpfTermTrace {
    const inner = this.#check(name, false, true);
    if (inner.lookup === null) return this.#withoutInner(run);
    run.inner = inner;
    this.bill.noteVoid(run, inner.lookup.answer);
    switch (inner.result) {
      case 'pass':
        run.outcome = 'match';
        break;
      case 'none':
        this.bill.fail(
          run,
          'target-without-record',
          domain,
          `${name}, which ${domain} includes, has no SPF record`,
        );
        break;
      case 'temperror':
      case 'permerror':
        run.outcome = 'error';
        break;
      default:
    }
    return run;
  }

  #redirect(step: RedirectStep, domain: string, explains: boolean): SpfTermTrace {
    const run = newRun(step.term);
    const name = this.#target(step.target, domain, run);
    if (name === null && (this.suspended || run.outcome === 'error')) return run;
    // A local part that cannot stand in a name leaves the redirect without a target (section 6.1).
    if (name === null || name === undefined) {
      this.bill.fail(run, 'bad-target', domain, `"${step.term}" leads to no domain name`);
      return run;
    }
    run.target = name;
    if (!this.bill.count(run, domain)) return run;
    const inner = this.#check(name, explains, true);
    if (inner.lookup === null) return this.#withoutInner(run);
    run.inner = inner;
    this.bill.noteVoid(run, inner.lookup.answer);
    run.outcome = 'followed';
    if (inner.result === 'none') {
      this.bill.fail(
        run,
        'target-without-record',
        domain,
        `${name}, where ${domain} redirects to, has no SPF record`,
      );
    } else if (inner.error) {
      run.outcome = 'error';
    }
    return run;
  }

  /** The record's TXT answer is missing: the check has either been closed or will come back. */
  #withoutInner(run: TermRun): SpfTermTrace {
    if (this.bill.error) run.outcome = 'error';
    return run;
  }

  /**
   * The name a domain-spec leads to.
   *
   * @returns undefined where no question can be made of it, null where the term is done (see `run.outcome`)
   */
  #target(target: Target, domain: string, run: TermRun): string | null | undefined {
    if (target.name !== null) return target.name;
    if (target.usesLocalPart) {
      this.usedLocalPart = true;
      // RFC 8616 section 4: such a local part cannot stand in a name, so the term does not match.
      if (!isAscii(this.#values.localPart)) return null;
    }
    let ptrName = '';
    if (target.usesPtrName) {
      if (!this.bill.count(run, domain)) return null;
      const found = this.#ptrName(domain, run);
      if (found === null) return null;
      ptrName = found;
    }
    return targetName(expandMacros(target.macro, this.#values, domain, ptrName));
  }

  /** `%{p}` (section 7.3): the domain itself, else a name below it, else any; `unknown` without one. */
  #ptrName(domain: string, run: TermRun): string | null {
    const names = this.#ptrNames(run, domain);
    if (names === null) return run.outcome === 'error' || this.suspended ? null : 'unknown';
    const rank = (name: string): number => (name === domain ? 0 : isAtOrBelow(name, domain) ? 1 : 2);
    for (const name of names.toSorted((a, b) => rank(a) - rank(b))) {
      const valid = this.#isClientsName(name, run);
      if (this.#stopped || run.outcome === 'error') return null;
      if (valid) return name;
    }
    return this.suspended ? null : 'unknown';
  }

  /** The names the client's address has in the reverse tree, at most `limits.ptr`; null where there are none. */
  #ptrNames(run: TermRun, domain: string): string[] | null {
    const lookup = this.#ask(reverseName(this.#values), 'PTR', true);
    if (lookup === null) {
      this.#missing(run);
      return null;
    }
    run.lookups.push(lookup);
    if (lookup.answer.status === 'failed') return null; // the mechanism fails to match (section 5.5)
    if (isVoid(lookup.answer)) {
      this.bill.countVoid(run, domain);
      return null;
    }
    const names = (lookup.answer as { records: readonly string[] }).records;
    return names.slice(0, this.#limits.ptr).map(hostName).filter(Boolean);
  }

  /** Whether a name from the reverse tree leads back to the client; a DNS error skips the name (section 5.5). */
  #isClientsName(name: string, run: TermRun): boolean {
    const lookup = this.#ask(name, this.#addressType(), false);
    if (lookup === null) {
      this.#missing(run);
      return false;
    }
    run.lookups.push(lookup);
    return (
      lookup.answer.status === 'found' && holdsClient(this.#values.address, lookup.answer.records, 32, 128)
    );
  }

  /** Fetches and expands the explanation (section 6.2); any trouble means that there is none. */
  #explain(target: Target, domain: string, lookups: SpfLookup[]): void {
    const { usedLocalPart } = this;
    const run = newRun('exp');
    this.bill.offTheBill(() => {
      this.explanation = this.#explanationText(target, domain, run) || null;
    });
    this.usedLocalPart = usedLocalPart;
    lookups.push(...run.lookups);
  }

  #explanationText(target: Target, domain: string, run: TermRun): string | null {
    const name = this.#target(target, domain, run);
    if (name === null || name === undefined) return null;
    const lookup = this.#ask(name, 'TXT', false);
    if (lookup === null) {
      this.#missing(run);
      return null;
    }
    run.lookups.push(lookup);
    if (lookup.answer.status !== 'found' || lookup.answer.records.length !== 1) return null;
    const { value, problems } = parseMacroString(
      (lookup.answer.records[0] as readonly string[]).join(''),
      'explanation',
    );
    if (problems.length > 0) return null;
    const letters = value.parts.flatMap((part) => (part.type === 'expand' ? [part.letter] : []));
    if (!isAscii(this.#values.localPart) && letters.some((letter) => letter === 's' || letter === 'l'))
      return null;
    const ptrName = letters.includes('p') ? this.#ptrName(domain, run) : '';
    if (ptrName === null) return null;
    return withoutControls(expandMacros(value, this.#values, domain, ptrName));
  }

  /** The records of a term's own lookup; null where there are none and the term is done. */
  #termAnswer(
    run: TermRun,
    domain: string,
    name: string,
    type: 'A' | 'AAAA' | 'MX',
  ): readonly unknown[] | null {
    const lookup = this.#ask(name, type, true);
    if (lookup === null) {
      this.#missing(run);
      return null;
    }
    run.lookups.push(lookup);
    const { answer } = lookup;
    if (answer.status === 'failed') {
      this.bill.fail(run, 'dns', domain, failureText(lookup));
      return null;
    }
    if (answer.status === 'found' && answer.records.length > 0) return answer.records;
    if (this.#limits.lenientVoid && type === 'AAAA' && answer.status === 'nodata') this.bill.leniency = true;
    else this.bill.countVoid(run, domain);
    return null;
  }

  #ask(name: string, type: 'A' | 'AAAA' | 'MX' | 'PTR' | 'TXT', isTerm: boolean): SpfLookup | null {
    const lookup = this.#answers.ask(name, type, this.suspended ? 'ahead' : 'now', isTerm);
    if (lookup === null) {
      const { closed } = this.#answers;
      if (closed === null) {
        this.suspended = true;
        this.#stopped = !this.#prefetch;
      } else {
        const message =
          closed === 'aborted' ? 'the check was aborted' : `no result within ${this.#limits.time} ms`;
        this.bill.error = { code: closed, message, domain: name };
      }
    }
    return lookup;
  }

  /** Ends a term whose answer is missing; true where the pass must not go on. */
  #missing(run: TermRun): boolean {
    if (this.bill.error) run.outcome = 'error';
    return this.#stopped || this.bill.error !== null;
  }

  #ended(domain: string, record: string | null, lookup: SpfLookup | null, result: SpfVerdict): SpfTrace {
    return { domain, record, lookup, terms: [], explanation: [], result, error: this.bill.error };
  }

  #addressType(): 'A' | 'AAAA' {
    return this.#values.address.family === 4 ? 'A' : 'AAAA';
  }
}

function isTemporary(code: SpfErrorCode): boolean {
  return code === 'dns' || code === 'time-limit' || code === 'aborted';
}
