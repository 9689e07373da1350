import { splitTables } from '../tables/open.ts';
import type { Host } from './host.ts';

/**
 * Restriction classes that lead back to themselves, each told at its definition.
 *
 * Each class is entered once, so that of several circles through the same classes one is told.
 */
export function findCycles(host: Host): { file: string; line: number; message: string }[] {
  const found: { file: string; line: number; message: string }[] = [];
  const entered = new Set<string>();
  for (const start of splitTables(host.settings.text('smtpd_restriction_classes'))) {
    if (entered.has(start)) continue;
    entered.add(start);
    const path = [{ name: start, to: classesIn(host, start), at: 0 }];
    for (let inner = path.at(-1); inner; inner = path.at(-1)) {
      const name = inner.to[inner.at++];
      if (name === undefined) {
        path.pop();
      } else if (!entered.has(name)) {
        entered.add(name);
        path.push({ name, to: classesIn(host, name), at: 0 });
      } else {
        const from = path.findIndex((each) => each.name === name);
        if (from < 0) continue;
        const cycle = [...path.slice(from).map((each) => each.name), name];
        const { file, line } = host.settings.place(name);
        const message = `the restriction classes ${shorten(cycle)} lead back to themselves`;
        found.push({ file: file ?? 'main.cf', line: line ?? 0, message });
      }
    }
  }
  return found;
}

/** The classes that a class names, each once. */
function classesIn(host: Host, name: string): string[] {
  const nodes = host.restrictionClass(name)?.nodes ?? [];
  return [...new Set(nodes.flatMap((node) => (node.kind === 'class' ? [node.name] : [])))];
}

function shorten(cycle: readonly string[]): string {
  const shown = cycle.length > 10 ? [...cycle.slice(0, 8), '…', cycle.at(-1)!] : cycle;
  return shown.join(' → ');
}
