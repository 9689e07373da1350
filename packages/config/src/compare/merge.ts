import { removeParameter, setParameter } from '../edit/parameter.ts';
import { putService, removeService } from '../edit/service.ts';
import { setServiceOption } from '../edit/service-option.ts';
import type { MainCf } from '../syntax/main-cf.ts';
import type { MasterCf } from '../syntax/master-cf.ts';
import { serviceOf, type Service } from '../syntax/service.ts';
import { findService } from '../syntax/master-cf.ts';
import type { ServiceType } from '../syntax/service-fields.ts';
import { diff, type Difference } from './diff.ts';

/** What both sides changed, each in its own way. Ours stays in the result until somebody decides. */
export interface Conflict {
  readonly ours: Difference;
  readonly theirs: Difference;
}

export interface Merge<Tree> {
  /** Our file with their changes, as far as they do not meet ours. */
  readonly tree: Tree;
  /** Their changes that were taken over. */
  readonly taken: readonly Difference[];
  readonly conflicts: readonly Conflict[];
}

/**
 * Brings the changes from base to theirs into ours: a distribution's new main.cf into an admin's edits.
 *
 * Compares by meaning and edits our text, so our comments, order and layout stay. What both sides changed in
 * the same way is no conflict; what they changed differently is, and is left as ours has it.
 */
export function merge(base: MainCf, ours: MainCf, theirs: MainCf): Merge<MainCf>;
export function merge(base: MasterCf, ours: MasterCf, theirs: MasterCf): Merge<MasterCf>;
export function merge(
  base: MainCf | MasterCf,
  ours: MainCf | MasterCf,
  theirs: MainCf | MasterCf,
): Merge<MainCf | MasterCf> {
  if (base.type === 'main-cf' && ours.type === 'main-cf' && theirs.type === 'main-cf') {
    return mergeBy(diff(base, ours), diff(base, theirs), diff(theirs, ours), ours, takeInMain);
  }
  if (base.type === 'master-cf' && ours.type === 'master-cf' && theirs.type === 'master-cf') {
    return mergeBy(diff(base, ours), diff(base, theirs), diff(theirs, ours), ours, takeInMaster);
  }
  throw new TypeError('merge takes three trees of one kind');
}

function mergeBy<Tree>(
  mine: readonly Difference[],
  theirs: readonly Difference[],
  remaining: readonly Difference[],
  tree: Tree,
  take: (tree: Tree, difference: Difference) => Tree,
): Merge<Tree> {
  const taken: Difference[] = [];
  const conflicts: Conflict[] = [];
  for (const difference of theirs) {
    // Where ours and theirs no longer differ, both have come to the same.
    if (!remaining.some((rest) => overlaps(rest, difference))) continue;
    const own = mine.find((candidate) => overlaps(candidate, difference));
    if (own) conflicts.push({ ours: own, theirs: difference });
    else taken.push(difference);
  }
  return { tree: taken.reduce(take, tree), taken, conflicts };
}

/** Whether two differences speak of the same thing; that a service comes or goes concerns all of it. */
function overlaps(a: Difference, b: Difference): boolean {
  if (a.type === 'parameter' && b.type === 'parameter') return a.name === b.name;
  if (a.type === 'parameter' || b.type === 'parameter') return false;
  if (a.service !== b.service) return false;
  if (a.type === 'service' || b.type === 'service') return true;
  if (a.type === 'option' && b.type === 'option') return a.name === b.name;
  if (a.type === 'column' && b.type === 'column') return a.column === b.column;
  return a.type === 'arguments' && b.type === 'arguments';
}

function takeInMain(tree: MainCf, difference: Difference): MainCf {
  if (difference.type !== 'parameter') return tree;
  const { name, after } = difference;
  return after === undefined ? removeParameter(tree, name) : setParameter(tree, name, after);
}

function takeInMaster(tree: MasterCf, difference: Difference): MasterCf {
  if (difference.type === 'parameter') return tree;
  const slash = difference.service.lastIndexOf('/');
  const name = difference.service.slice(0, slash);
  const type = difference.service.slice(slash + 1) as ServiceType;
  if (difference.type === 'option') {
    return setServiceOption(tree, { name, type }, difference.name, difference.after ?? null);
  }
  if (difference.type === 'service') {
    return difference.after ? putService(tree, difference.after) : removeService(tree, name, type);
  }
  const entry = findService(tree, name, type);
  return entry ? putService(tree, changed(serviceOf(entry), difference)) : tree;
}

function changed(
  service: Service,
  difference: Extract<Difference, { type: 'column' | 'arguments' }>,
): Service {
  if (difference.type === 'arguments') return { ...service, arguments: difference.after };
  const { [difference.column]: _, ...rest } = service;
  return {
    ...rest,
    ...(difference.after !== undefined && { [difference.column]: difference.after }),
  } as Service;
}
