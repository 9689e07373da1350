import type { Finding } from '@postern/plan';
import type { Configuration } from './configuration.ts';
import { HardeningError } from './error.ts';
import { withReason, type Report, type Rule } from './rule.ts';
import { rules as allRules } from './rules/index.ts';
import { readSubject } from './subject/read.ts';
import type { Subject } from './subject/subject.ts';

/** What an audit cannot read from the configuration, and what it shall look at. */
export interface AuditContext {
  /** Default: `rules`, all of them. */
  readonly rules?: readonly Rule[];
  /** Whether this Postfix still has Berkeley DB (`postconf -m` names hash). Default: until 3.11. */
  readonly berkeleyDb?: boolean;
}

/**
 * Everything that is wrong or worth knowing, by file and line, each under the id of its rule.
 *
 * @throws HardeningError `bad-rule` when one of the rules throws
 */
export function audit(configuration: Configuration, context: AuditContext = {}): Finding[] {
  const subject = readSubject(configuration, context);
  const findings = (context.rules ?? allRules).flatMap((each) => checkRule(each, subject));
  return findings.toSorted(byPlace);
}

/** The findings of one rule. @throws HardeningError `bad-rule` when it throws, as one of the user's own may */
export function checkRule(rule: Rule, subject: Subject): Finding[] {
  try {
    if (!subject.satisfies(rule.versions)) return [];
    return Array.from(rule.check(subject), (report) => asFinding(rule, report, subject));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HardeningError('bad-rule', `The rule ${rule.id} fails: ${reason}`, { cause });
  }
}

/** What a rule reports, as everybody else reads it. */
export function asFinding(rule: Rule, report: Report, subject: Subject): Finding {
  const because = { why: rule.why, source: rule.source, versions: rule.versions };
  return {
    rule: rule.id,
    level: report.level ?? rule.level,
    message: report.message,
    // What is missing is nowhere: it is shown where the file begins.
    at: report.at ?? subject.placeInMain(0),
    versions: rule.versions,
    source: rule.source,
    confidence: report.confidence ?? 'certain',
    ...(report.fix && { fix: withReason(report.fix, because) }),
  };
}

function byPlace(a: Finding, b: Finding): number {
  const file = (a.at?.file ?? '').localeCompare(b.at?.file ?? '');
  return file || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
}
