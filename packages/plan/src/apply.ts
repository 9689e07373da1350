import { Draft } from './draft.ts';
import { PlanError } from './error.ts';
import type { Files, Plan } from './plan.ts';

/**
 * The files as they are after the plan, in the plan's own order. Pure: what is written where is the caller's job,
 * and changes that are not about files (packages, sysctls, actions) are left to it too.
 *
 * A change that is already true leaves every byte alone. Files that the plan does not name come through as they are;
 * files it removes are missing from the result.
 *
 * @throws PlanError `plan-does-not-fit` with every change that does not fit: a file or service that is not there,
 *   or a value that the file cannot hold
 */
export function applyPlan(files: Files, plan: Plan): Files {
  const draft = new Draft(files, plan.target.postfix);
  const problems = plan.changes
    .map((change, index) => draft.make(change, `changes[${index}]`))
    .filter((result) => typeof result !== 'string');
  if (problems.length > 0) throw new PlanError('plan-does-not-fit', problems);
  return draft.files();
}
