import type { PlanProblem, PlanProblemCode } from '../error.ts';
import type { Plan } from '../plan.ts';
import { planShape } from './plan-shape.ts';

export interface ParsePlanOptions {
  /** The longest text that is read, in UTF-16 code units; 16 Mi by default. */
  readonly limit?: number;
}

/** A plan, or what is wrong with the text; never both. */
export type ParsedPlan =
  | { readonly plan: Plan; readonly problems: readonly [] }
  | { readonly plan: undefined; readonly problems: readonly PlanProblem[] };

/** The JSON of a plan, indented, with a final newline. `parsePlan` reads it back. */
export function printPlan(plan: Plan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

/**
 * Reads a plan from JSON that anybody may have written. Only what the types say comes through: unknown fields
 * are problems, and so are names and values that could not be written into a configuration as one entry.
 */
export function parsePlan(json: string, { limit = 16 * 2 ** 20 }: ParsePlanOptions = {}): ParsedPlan {
  if (json.length > limit) {
    const message = `the plan has ${json.length} characters, more than the limit of ${limit}`;
    return refuse('too-large', message, 'raise the limit if you trust where the plan comes from');
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    const message = `the plan is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    return refuse('not-json', message, 'give a plan as `postern plan --json` prints it');
  }
  const problems: PlanProblem[] = [];
  const plan = planShape.read(data, '', problems);
  return problems.length === 0 ? { plan, problems: [] } : { plan: undefined, problems };
}

function refuse(code: PlanProblemCode, message: string, advice: string): ParsedPlan {
  return { plan: undefined, problems: [{ code, message, advice, at: '' }] };
}
