import type { ProblemCode } from '@postern/config';
import { rules } from '@postern/hardening';
import { describe, expect, it } from 'vitest';

/** The defects that real configurations have, by number, and the rules that find them. */
const lints: Readonly<Record<number, readonly string[]>> = {
  1: ['line-without-equals'],
  2: ['service-without-columns'],
  3: ['indented-first-line'],
  4: ['broken-expansion'],
  5: ['value-of-wrong-type'],
  6: ['unknown-restriction'],
  7: ['relay-control-missing', 'open-relay'],
  8: ['mynetworks-too-wide'],
  9: ['duplicate-parameter'],
  10: ['comment-in-value'],
  11: ['option-with-blanks'],
  12: ['stray-characters'],
  13: ['access-before-relay-control'],
  14: ['relay-restrictions-empty'],
  15: ['compatibility-level'],
  16: ['bare-newline-accepted'],
  17: ['unauth-pipelining-accepted'],
  18: ['smuggling-workaround-missing'],
  19: ['pipelining-check-misplaced'],
  20: ['plaintext-auth'],
  21: ['any-client-certificate'],
  22: ['old-tls-protocols'],
  23: ['inbound-tls-off'],
  24: ['outbound-tls-off'],
  25: ['inbound-tls-mandatory'],
  26: ['domain-in-two-classes'],
  27: ['relay-domains-wide'],
  28: ['mynetworks-style-wide'],
  29: ['vrfy-enabled'],
  30: ['banner-shows-software'],
  31: ['dead-block-list'],
  32: ['dnsbl-without-filter'],
  33: ['dnsbl-before-permits'],
  34: ['unreachable-restriction'],
  35: ['restriction-without-data'],
  36: ['helo-optional'],
  37: ['policy-service-undefined', 'policy-time-limit'],
  38: ['deprecated-parameter'],
  39: ['obsolete-restriction'],
  40: ['unused-parameter', 'undefined-name'],
  41: ['berkeley-db-table'],
  42: ['newer-than-version', 'newer-syntax'],
  43: ['no-op-setting'],
  44: ['soft-bounce'],
  45: ['no-final-newline'],
};

/** Which rule passes on what the validator says. A code without a rule does not compile. */
const ruleOfCode: Readonly<Record<ProblemCode, string>> = {
  'indented-start': 'indented-first-line',
  'missing-equals': 'line-without-equals',
  'missing-name': 'line-without-equals',
  'nul-byte': 'stray-characters',
  'too-few-fields': 'service-without-columns',
  'unknown-service-type': 'service-without-columns',
  'unclosed-brace': 'option-with-blanks',
  'text-after-brace': 'option-with-blanks',
  'option-without-setting': 'option-with-blanks',
  'macro-unclosed': 'broken-expansion',
  'macro-empty-name': 'broken-expansion',
  'macro-bad-name': 'broken-expansion',
  'macro-bad-expression': 'broken-expansion',
  'macro-bad-level': 'broken-expansion',
  'macro-needs-version': 'newer-syntax',
  'macro-recursion': 'broken-expansion',
  'macro-nesting': 'broken-expansion',
  'macro-too-long': 'broken-expansion',
  'bad-boolean': 'value-of-wrong-type',
  'bad-integer': 'value-of-wrong-type',
  'bad-time': 'value-of-wrong-type',
  'out-of-bounds': 'value-of-wrong-type',
  'bad-word': 'value-of-wrong-type',
  'word-not-in-version': 'newer-syntax',
  'bad-compatibility-level': 'compatibility-level',
  'bad-protocol': 'value-of-wrong-type',
  'bad-table': 'broken-table-reference',
  'unknown-table-type': 'broken-table-reference',
  'table-type-not-in-version': 'newer-syntax',
  'bad-network': 'network-with-host-bits',
  'unknown-restriction': 'unknown-restriction',
  'restriction-not-in-version': 'newer-syntax',
  'restriction-not-built-in': 'unknown-restriction',
  'deprecated-restriction': 'obsolete-restriction',
  'bad-restriction-argument': 'unknown-restriction',
  'restriction-without-data': 'restriction-without-data',
  'restriction-never-reached': 'unreachable-restriction',
  'bare-table-in-restrictions': 'unknown-restriction',
  'class-without-list': 'class-without-list',
  'no-relay-control': 'relay-control-missing',
  'size-limits-contradict': 'size-limits-contradict',
  'comment-in-value': 'comment-in-value',
  'unused-parameter': 'unused-parameter',
  'undefined-parameter': 'undefined-name',
  'duplicate-parameter': 'duplicate-parameter',
  'read-only-parameter': 'read-only-parameter',
  'parameter-not-in-version': 'newer-than-version',
  'parameter-removed': 'newer-than-version',
  'deprecated-parameter': 'deprecated-parameter',
  'bad-service-field': 'service-column-invalid',
  'inet-private': 'service-column-invalid',
  'service-type-not-in-version': 'newer-syntax',
  'duplicate-service': 'duplicate-service',
  'not-all-checked': 'broken-expansion',
};

describe('the catalogue of defects', () => {
  it('has forty-five, and each has its rule', () => {
    expect(Object.keys(lints)).toHaveLength(45);
    const known = new Set(rules.map(({ id }) => id));
    expect(
      Object.values(lints)
        .flat()
        .filter((id) => !known.has(id)),
    ).toEqual([]);
  });

  it('loses nothing that the validator finds: each code is one rule’s', () => {
    const owners = rules.flatMap(({ id, codes = [] }) => codes.map((code) => `${code}: ${id}`));
    const wanted = Object.entries(ruleOfCode).map(([code, id]) => `${code}: ${id}`);
    expect(owners.toSorted((a, b) => a.localeCompare(b))).toEqual(
      wanted.toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
