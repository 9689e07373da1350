import type { Resolver } from '@postern/dns';
import { findRecord, lookUp, type FoundRecord, type PolicyOptions } from '../authorise/record-lookup.ts';
import { fixedTarget } from '../authorise/term-addresses.ts';
import { checkedDomain } from '../evaluate/domain.ts';
import { parseMacroString } from '../syntax/macro.ts';
import { isSpf, parseSpf, type SpfRecord } from '../syntax/record.ts';
import { readBudget, type SpfBudget, type TermBudget } from './budget.ts';
import type { SpfFinding } from './finding.ts';
import { recordRules } from './record-rules.ts';

export interface LintOptions {
  /** Without one, a record's own text is all that is looked at. */
  readonly resolver?: Resolver;
  /** For a record given as text: the domain it is meant for. */
  readonly domain?: string;
  readonly signal?: AbortSignal;
}

/** What is wrong with a record and what it costs. */
export interface SpfLint {
  /** The domain the record belongs to; null for a record without one. */
  readonly domain: string | null;
  readonly record: string | null;
  readonly findings: readonly SpfFinding[];
  /** The worst path: nothing matches, every term is looked up. Null without a readable record. */
  readonly budget: SpfBudget | null;
}

/** A record longer than this may not fit into an answer of 512 bytes together with its headers. */
const comfortable = 450;

/**
 * Looks for what breaks an SPF record or will soon.
 *
 * @param subject  a record's text (`v=spf1 …`), or a domain whose record is looked up
 */
export async function lintSpf(subject: string, options: LintOptions = {}): Promise<SpfLint> {
  const { resolver, signal } = options;
  const asking = resolver && { resolver, ...(signal ? { signal } : {}) };
  if (isSpf(subject) || /^\s*v\s*=/i.test(subject))
    return lintRecord(subject, options.domain ?? null, asking);

  const domain = checkedDomain(subject);
  if (domain === undefined)
    return refused(
      null,
      'bad-domain',
      `"${subject}" is neither a domain nor an SPF record`,
      'Give a domain such as "example.com", or a record that begins with "v=spf1".',
    );
  if (!asking)
    return refused(
      domain,
      'no-resolver',
      `the record of ${domain} cannot be looked up`,
      'Pass a resolver, or the record itself.',
    );
  const found = await findRecord(domain, asking);
  if (found.status !== 'found')
    return { domain, record: null, findings: withoutRecord(domain, found), budget: null };
  const lint = await lintRecord(found.text, domain, asking);
  return { ...lint, findings: [...lint.findings, ...publishedSize(found.text)] };
}

async function lintRecord(
  text: string,
  domain: string | null,
  options: PolicyOptions | undefined,
): Promise<SpfLint> {
  const record = parseSpf(text);
  const findings = recordRules.flatMap((rule) => rule(record));
  let budget: SpfBudget | null = null;
  if (record.problems.length === 0) {
    budget = await readBudget(record, domain ?? '', domain === null ? undefined : options);
    findings.push(...overBudget(budget), ...budget.terms.flatMap((term) => troubles(term)));
    if (options && domain !== null) findings.push(...(await explanationRule(record, domain, options)));
  }
  const placed =
    domain === null ? findings : findings.map((found) => ({ ...found, domain: found.domain ?? domain }));
  return { domain, record: text, findings: placed, budget };
}

function overBudget({ lookups, void: voids, complete }: SpfBudget): SpfFinding[] {
  const findings: SpfFinding[] = [];
  const least = complete ? '' : 'at least ';
  if (lookups > 10) {
    const count = lookups === Infinity ? 'endless' : `${least}${lookups}`;
    findings.push({
      rule: 'lookup-budget',
      level: 'error',
      message: `a check that matches nothing needs ${count} lookups, and ten are allowed: it ends in permerror`,
      advice: 'Flatten the record, or remove terms that are not needed.',
    });
  } else if (lookups >= 9) {
    findings.push({
      rule: 'lookup-budget',
      level: 'warning',
      message: `${least}${lookups} of ten lookups are used: the next include anybody adds breaks the record`,
      advice: 'Flatten what does not change, or remove terms that are not needed.',
    });
  }
  for (const family of ['ip4', 'ip6'] as const) {
    if (voids[family] <= 2) continue;
    const client = family === 'ip4' ? 'IPv4' : 'IPv6';
    findings.push({
      rule: 'void-budget',
      level: 'error',
      message: `for ${client} clients ${voids[family]} terms lead to nothing in DNS, and two are allowed: the check ends in permerror`,
      advice:
        family === 'ip4'
          ? 'Remove the names that do not exist.'
          : 'Remove the names that do not exist, or name networks with ip4 and ip6 in place of hosts.',
    });
  }
  return findings;
}

/** What is wrong where a term leads to, at any depth. */
function troubles(term: TermBudget): SpfFinding[] {
  const own: SpfFinding[] = [];
  const { range, domain } = term;
  if (term.trouble)
    own.push({
      ...term.trouble,
      level: term.trouble.rule === 'dead-term' ? 'warning' : 'error',
      range,
      domain,
    });
  const isHost = term.inner.length === 0 && term.trouble === undefined;
  if (isHost && (term.void.ip4 > 0 || term.void.ip6 > 0)) {
    const [level, which] =
      term.void.ip4 > 0 && term.void.ip6 > 0
        ? (['warning', 'nothing in DNS'] as const)
        : (['note', `no address for ${term.void.ip4 > 0 ? 'IPv4' : 'IPv6'} clients`] as const);
    own.push({
      rule: 'void-lookup',
      level,
      message: `"${term.term}" leads to ${which}: a void lookup`,
      advice: 'Remove the term, or publish what it leads to.',
      range,
      domain,
    });
  }
  return [...own, ...term.inner.flatMap((inner) => troubles(inner))];
}

function withoutRecord(domain: string, found: Exclude<FoundRecord, { status: 'found' }>): SpfFinding[] {
  if (found.status === 'failed') {
    return [
      {
        rule: 'dns',
        level: 'error',
        message: `DNS gave no answer for ${domain} TXT: ${found.reason}`,
        advice: 'Ask again later, or ask another server.',
        domain,
      },
    ];
  }
  if (found.status === 'multiple') {
    return [
      {
        rule: 'multiple-records',
        level: 'error',
        message: `${domain} publishes ${found.texts.length} SPF records: every check ends in permerror`,
        advice: 'Put their terms into one record and remove the others.',
        domain,
      },
    ];
  }
  return [
    {
      rule: 'no-record',
      level: 'error',
      message: `${domain} publishes no SPF record`,
      advice: 'Publish one; "v=spf1 -all" if the domain sends no mail.',
      domain,
    },
    ...found.others.map((text): SpfFinding => ({
      rule: 'almost-a-record',
      level: 'warning',
      message: `${JSON.stringify(text)} is not taken for an SPF record`,
      advice: 'Begin it with "v=spf1 ", with nothing before it.',
      domain,
    })),
  ];
}

function publishedSize(text: string): SpfFinding[] {
  if (text.length <= comfortable) return [];
  return [
    {
      rule: 'size',
      level: 'warning',
      message: `the record has ${text.length} bytes; above ${comfortable} its answer may not fit into 512 bytes`,
      advice: 'Split it with includes; "postern spf flatten" does so.',
    },
  ];
}

/** The explanation has to be one TXT record in US-ASCII (RFC 7208 section 6.2). */
async function explanationRule(
  record: SpfRecord,
  domain: string,
  options: PolicyOptions,
): Promise<SpfFinding[]> {
  const exp = record.terms.find((term) => term.type === 'modifier' && term.name === 'exp');
  if (exp?.type !== 'modifier') return [];
  const target = fixedTarget(exp.value, domain);
  if (target === null) return [];
  const report = (message: string): SpfFinding[] => [
    {
      rule: 'explanation',
      level: 'warning',
      message,
      advice: 'Publish one TXT record in US-ASCII there, or remove the modifier.',
      range: exp.range,
    },
  ];
  if (target === undefined) return report(`"${exp.text}" leads to no domain name`);
  const answer = await lookUp(target, 'TXT', options);
  if (answer.status === 'failed') return [];
  if (answer.status !== 'found' || answer.records.length !== 1)
    return report(`${target} does not have exactly one TXT record, so fails are not explained`);
  const [problem] = parseMacroString(answer.records[0]!.join(''), 'explanation').problems;
  return problem ? report(`the explanation at ${target} cannot be used: ${problem.message}`) : [];
}

function refused(domain: string | null, rule: string, message: string, advice: string): SpfLint {
  return { domain, record: null, findings: [{ rule, level: 'error', message, advice }], budget: null };
}
