import type { Host } from '../host/host.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import { listsIn } from './table-effects.ts';

/** Every restriction of some lists, with those in classes and in the tables that they ask. */
export function restrictionsIn(host: Host, lists: readonly string[]): RestrictionNode[] {
  const found: RestrictionNode[] = [];
  const seen = new Set<string>();
  const waiting: (readonly RestrictionNode[])[] = lists.map((list) => host.list(list).nodes);
  for (let nodes = waiting.pop(); nodes; nodes = waiting.pop()) {
    for (const node of nodes) {
      found.push(node);
      const once = node.kind === 'class' ? `class ${node.name}` : node.argument;
      if (once === undefined || seen.has(once)) continue;
      seen.add(once);
      if (node.kind === 'class') waiting.push(host.restrictionClass(node.name)!.nodes);
      else if (node.kind === 'table' || /^check_.*_access$/.test(node.name))
        waiting.push(...listsIn(host, host.table(once)));
    }
  }
  return found;
}
