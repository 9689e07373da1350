import type { Change, PostfixAction } from './change.ts';
import { normalPath } from './path.ts';

/**
 * What a change is about. Two changes with one key cannot both hold unless they say the same; a change to a
 * `whole` thing is also about everything `in` it.
 *
 *     set-parameter relayhost          main.cf relayhost            in main.cf
 *     put-service smtp inet            master.cf smtp/inet          in master.cf, whole
 *     set-service-option smtp inet     master.cf smtp/inet -o x     in master.cf and master.cf smtp/inet
 *     put-file main.cf                 main.cf                      whole
 */
export interface Subject {
  readonly key: string;
  readonly in: readonly string[];
}

export function subjectOf(change: Change): Subject {
  switch (change.type) {
    case 'set-parameter':
    case 'remove-parameter':
      return { key: `main.cf ${change.name}`, in: ['main.cf'] };
    case 'put-service':
      return { key: serviceKey(change.service.name, change.service.type), in: ['master.cf'] };
    case 'remove-service':
      return { key: serviceKey(change.name, change.serviceType), in: ['master.cf'] };
    case 'set-service-option': {
      const service = serviceKey(change.name, change.serviceType);
      return { key: `${service} -o ${change.option}`, in: ['master.cf', service] };
    }
    case 'put-file':
    case 'remove-file':
      return { key: normalPath(change.path), in: [] };
    case 'set-sysctl':
      return { key: `sysctl ${change.key}`, in: [] };
    case 'install-package':
      return { key: `package ${change.name.debian ?? ''}/${change.name.redhat ?? ''}`, in: [] };
    case 'postfix-action':
      return { key: ['postfix', change.action, change.table].filter(Boolean).join(' '), in: [] };
  }
}

/** Whether one of two changes could undo or hide the other. */
export function overlap(a: Subject, b: Subject): boolean {
  return a.key === b.key || a.in.includes(b.key) || b.in.includes(a.key);
}

/** The file that a change writes, if it writes one. */
export function fileOf(change: Change): string | undefined {
  switch (change.type) {
    case 'set-parameter':
    case 'remove-parameter':
      return 'main.cf';
    case 'put-service':
    case 'remove-service':
    case 'set-service-option':
      return 'master.cf';
    case 'put-file':
    case 'remove-file':
      return normalPath(change.path);
    default:
      return undefined;
  }
}

function serviceKey(name: string, type: string): string {
  return `master.cf ${name}/${type}`;
}

/** Whether a file is the text that a postmap compiles; either may be named from the configuration folder. */
export function isSourceOf(file: string | undefined, { action, table }: PostfixAction): boolean {
  if (file === undefined || action !== 'postmap' || table === undefined) return false;
  const source = normalPath(table.slice(table.indexOf(':') + 1));
  return source === file || source.endsWith(`/${file}`) || file.endsWith(`/${source}`);
}
