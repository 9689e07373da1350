import type { ProblemCode } from '@postern/config';
import type { Finding } from '@postern/plan';
import { asFinding } from '../audit.ts';
import { rules } from '../rules/index.ts';
import type { Subject } from '../subject/subject.ts';

/** What keeps a plan from being made: while Postfix does not read the files, nobody knows what they mean. */
export function findObstacles(subject: Subject): Finding[] {
  return subject.problems(...unreadable).map(({ code, message, level, at }) => {
    const rule = rules.find(({ codes }) => codes?.includes(code))!;
    return asFinding(rule, { message, level, at }, subject);
  });
}

const unreadable: readonly ProblemCode[] = [
  'missing-equals',
  'missing-name',
  'too-few-fields',
  'unknown-service-type',
  'unclosed-brace',
  'nul-byte',
];
