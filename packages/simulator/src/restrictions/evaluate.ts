import type { CompiledList, RestrictionNode } from './compile.ts';
import { checks } from './checks.ts';
import { Abort, type Context, type Evaluation, type Status } from '../session/evaluation.ts';

/** smtpd's stack ends somewhere behind this. */
const deepestClass = 200;
/** Classes within classes may come to more restrictions than anybody waits for: what a session carries out at the most. */
const mostEvaluated = 10_000;

/** Evaluates a list from its beginning, with nothing left of an earlier one. @see SMTPD_CHECK_RESET in smtpd_check.c */
export function evaluateList(run: Evaluation, list: CompiledList, context: Context): Status {
  run.recursion = 0;
  run.warnIfReject = 0;
  run.deferIfReject = undefined;
  return continueWith(run, list, context);
}

/** Evaluates a list with the doubts that the one before has left. */
export function continueWith(run: Evaluation, list: CompiledList, context: Context): Status {
  run.list = list.name;
  run.permitted = undefined;
  try {
    return evaluateNodes(run, list.nodes, context);
  } catch (error) {
    if (error instanceof Abort) {
      run.note('reject', run.reason);
      return 'reject';
    }
    throw error;
  } finally {
    run.node = undefined;
  }
}

/** Carries restrictions out until one decides. @see generic_checks in smtpd_check.c */
export function evaluateNodes(run: Evaluation, nodes: readonly RestrictionNode[], context: Context): Status {
  const outer = run.node;
  const level = run.recursion++;
  let status: Status = 'dunno';
  for (const written of nodes) {
    if (run.discard) break;
    if (++run.evaluated > mostEvaluated)
      run.abort(421, '4.3.0', `smtpd comes to no end: more than ${mostEvaluated} restrictions`, true);
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
    case 'class': {
      const { nodes } = run.host.restrictionClass(node.name)!;
      if (run.recursion > deepestClass)
        return run.abort(
          421,
          '4.3.0',
          `smtpd ends: restriction class ${node.name} leads back to itself`,
          true,
        );
      return evaluateNodes(run, nodes, context);
    }
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

function nothingToSay(status: Status): string {
  return status === 'permit' ? 'it holds' : 'it does not apply';
}
