import type { Change, HostState, Plan, PutFile, Reason } from '@postern/plan';
import type { HostFacts } from '../facts/host-facts.ts';

/** Where settings are kept over a reboot. */
export const sysctlFile = '/etc/sysctl.d/60-postern.conf';

/**
 * The changes that set kernel settings now and after a reboot.
 *
 * @param values  all settings that are to be kept, those that are so already included
 * @param pending  those that differ now
 */
export function sysctlChanges(
  values: ReadonlyMap<string, string>,
  pending: ReadonlyMap<string, Reason>,
): Change[] {
  if (pending.size === 0) return [];
  const lines = [...values]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} = ${value}\n`);
  const file: PutFile = {
    type: 'put-file',
    path: sysctlFile,
    content: `# Kernel settings for mail; written by postern tune. Removing this file does not bring live values back.\n${lines.join('')}`,
    mode: 0o644,
    because: { why: 'Keeps the kernel settings over a reboot.', source: 'sysctl.d(5)', versions: 'all' },
  };
  return [
    file,
    ...[...pending].map(([key, because]): Change => ({
      type: 'set-sysctl',
      key,
      value: values.get(key)!,
      because,
    })),
  ];
}

/** The live values of the settings that a plan changes: what `invertPlan` writes back. */
export function sysctlState(facts: HostFacts, plan: Plan): HostState {
  return {
    sysctl: Object.fromEntries(
      plan.changes.flatMap((change) => {
        const setting = change.type === 'set-sysctl' ? facts.sysctl[change.key] : undefined;
        return change.type === 'set-sysctl' && setting ? [[change.key, setting.value]] : [];
      }),
    ),
  };
}
