import type { CompiledList, RestrictionNode } from './compile.ts';
import { checks } from './checks.ts';
import { Abort, type Context, type Deferral, type Evaluation, type Status } from '../session/evaluation.ts';

/** Lists within each other that are followed: smtpd's stack ends somewhere behind this. */
const deepest = 1000;
/** What is carried out of one list at the most, with the classes in it. */
const mostEvaluated = 20_000;
/** Restrictions behind which a list within the list that has acted (HOLD, a warning) is not repeated any more. */
const patience = 2000;

/** Evaluates a list from its beginning, with nothing left of an earlier one. @see SMTPD_CHECK_RESET in smtpd_check.c */
export function evaluateList(run: Evaluation, list: CompiledList, context: Context): Status {
  run.recursion = 0;
  run.warnIfReject = 0;
  run.deferIfReject = undefined;
  run.evaluated = 0;
  return continueWith(run, list, context);
}

/** Evaluates a list with the doubts that the one before has left. */
export function continueWith(run: Evaluation, list: CompiledList, context: Context): Status {
  run.list = list.name;
  run.permitted = undefined;
  if (run.looked.size > 0) run.looked.clear();
  return decide(run, () => evaluateNodes(run, list.nodes, context));
}

/** Carries out what comes to a status; where it is broken off, that is a refusal. */
export function decide(run: Evaluation, evaluate: () => Status): Status {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof Abort)) throw error;
    run.note('reject', run.reason);
    return 'reject';
  } finally {
    run.node = undefined;
  }
}

/** Carries restrictions out until one decides. @see generic_checks in smtpd_check.c */
function evaluateNodes(run: Evaluation, nodes: readonly RestrictionNode[], context: Context): Status {
  const outer = run.node;
  const level = run.recursion++;
  let status: Status = 'dunno';
  for (const written of nodes) {
    if (run.discard) break;
    if (++run.evaluated > mostEvaluated) {
      status = leftOff(run, `more than ${mostEvaluated} restrictions`);
      break;
    }
    const node =
      written.kind === 'table' && context.defaultTable !== undefined
        ? { ...written, name: context.defaultTable }
        : written;
    run.node = node;
    if (node.kind === 'warn') {
      if (run.warnIfReject === 0) run.warnIfReject = run.recursion;
      continue;
    }
    run.reason = '';
    const before = run.steps.length;
    status = evaluateNode(run, node, context);
    run.node = node;
    if (node.kind !== 'class' && (run.steps.length === before || status !== 'dunno')) {
      run.note(status, run.reason || nothingToSay(status));
      if (status === 'permit') run.permitted = run.deciding();
    }
    if (run.warnIfReject >= run.recursion) run.warnIfReject = 0;
    if (status !== 'dunno') break;
    if (run.deferIfPermit && run.deferIfReject) break;
  }
  run.recursion = level;
  run.node = outer;
  return status;
}

function evaluateNode(run: Evaluation, node: RestrictionNode, context: Context): Status {
  switch (node.kind) {
    case 'fault':
      return run.configurationError(node.because ?? node.name);
    case 'class':
      return evaluateWithin(run, node.name, context, () => run.host.restrictionClass(node.name)!.nodes);
    case 'table':
      if (context.defaultTable === undefined)
        return run.configurationError(
          `${run.list}: write a check such as check_client_access before ${node.argument}`,
        );
      return checks[context.defaultTable]!(run, node.argument!, context);
    default:
      return node.check(run, node.argument ?? '', context);
  }
}

/** A list within a list, as it was found when it was last entered. */
export interface Within {
  readonly deferIfReject: Deferral | undefined;
  readonly deferIfPermit: Deferral | undefined;
  readonly warned: boolean;
  readonly recursion: number;
  /** It stands in an access table. */
  readonly counted: boolean;
  /** It has not been left yet. */
  open: boolean;
  /** It held something that acts besides permitting or refusing. */
  acted: boolean;
}

/**
 * Evaluates a restriction class, or the restrictions that an access table holds.
 *
 * What has decided nothing and left no doubt decides nothing when it is entered again in the same list: classes that
 * name others twice cost no more than those that name them once. What is entered again before it was left, with
 * nothing changed, has no end.
 */
export function evaluateWithin(
  run: Evaluation,
  name: string,
  context: Context,
  nodes: () => readonly RestrictionNode[],
): Status {
  const { looked, recursion } = run;
  const key = `${name} ${context.replyClass} ${context.replyName}`;
  const before = looked.get(key);
  const unchanged =
    before?.deferIfReject === run.deferIfReject &&
    before?.deferIfPermit === run.deferIfPermit &&
    before?.warned === run.warnIfReject > 0;
  if (before && unchanged && before.open) {
    // smtpd counts how deep it is where a table holds restrictions, and nowhere else.
    const counted = [...looked.values()].some(
      (each) => each.open && each.counted && each.recursion >= before.recursion,
    );
    if (counted) return run.configurationError(`${name}: restrictions are nested without end`);
    return run.abort(421, '4.3.0', `smtpd ends: ${name} leads back to itself`, true);
  }
  // The deeper one stands, the sooner smtpd gives up.
  const spared = before && unchanged && recursion <= before.recursion;
  if (spared && (!before.acted || run.evaluated > patience)) {
    run.note('dunno', `${name} was looked into before, and nothing has changed`);
    return 'dunno';
  }
  if (recursion > deepest) return leftOff(run, `more than ${deepest} lists stand in each other`);
  const { deferIfReject, deferIfPermit } = run;
  const within: Within = {
    deferIfReject,
    deferIfPermit,
    warned: run.warnIfReject > 0,
    recursion,
    counted: run.node?.kind !== 'class',
    open: true,
    acted: true,
  };
  looked.set(key, within);
  const acted = run.actions.length;
  const status = evaluateNodes(run, nodes(), context);
  within.open = false;
  within.acted = run.actions.length > acted;
  if (status !== 'dunno' || run.deferIfReject !== deferIfReject || run.deferIfPermit !== deferIfPermit)
    looked.delete(key);
  return status;
}

/** There is more than is looked at: what it would come to is not known. */
function leftOff(run: Evaluation, because: string): Status {
  const says = run.assume({ what: 'limit', name: run.list, because, ...run.here() }, because, [
    'permit',
    'reject',
  ]);
  return says === 'permit' ? says : run.reject(554, '5.7.1', 'Access denied', true);
}

function nothingToSay(status: Status): string {
  return status === 'permit' ? 'it holds' : 'it does not apply';
}
