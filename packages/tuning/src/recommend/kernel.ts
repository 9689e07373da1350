import type { Reason } from '@postern/plan';
import { sysctlChanges } from '../sysctl/plan.ts';
import { sysctlPermission, sysctlScope } from '../sysctl/scope.ts';
import { sysctlTargets } from '../sysctl/targets.ts';
import { change, say, type Adviser, type Recommendation } from './recommendation.ts';

const source = 'ip-sysctl; master_listen.c; tcp(7); docs/guide/tune.md';

/** Kernel settings: changed where they are this host's own, asked for where they are not. */
export const adviseKernel: Adviser = ({ facts, settings, workload }) => {
  const found: Recommendation[] = [];
  const values = new Map<string, string>();
  const pending = new Map<string, Reason>();
  for (const { key, value, message, formula, effect, sure = 'documented' } of sysctlTargets(
    facts,
    settings,
    workload,
  )) {
    const now = facts.sysctl[key]!.value;
    const fields = {
      id: `sysctl-${key}`,
      subject: key,
      message,
      ...(formula !== undefined && { formula }),
      facts: [`${key} = ${now}`],
      source,
    };
    if (value === undefined) {
      found.push(say('keep', fields));
      continue;
    }
    const permission = sysctlPermission(facts, key);
    if (permission === 'here') {
      const made = change(
        { ...fields, formula: formula ?? `${value} in place of ${now}`, effect, sure },
        (because) => {
          pending.set(key, because);
          return [{ type: 'set-sysctl', key, value, because }];
        },
      );
      values.set(key, value);
      found.push(made);
    } else if (permission === 'ask-the-host') {
      const whose =
        sysctlScope(key) === 'machine' ? 'It belongs to the whole machine' : 'It is read-only here';
      found.push(
        say('ask-the-host', {
          ...fields,
          message: `${message} ${whose}: ask the host to set ${key} = ${value}.`,
          effect,
        }),
      );
    } else {
      found.push(
        say('unknown', { ...fields, message: `${message} Whether it may be set here is not known.` }),
      );
    }
  }
  const [file] = sysctlChanges(values, pending);
  if (file) {
    found.push({
      id: 'sysctl-file',
      verdict: 'change',
      subject: 'sysctl.d',
      message: 'Keeps the kernel settings over a reboot.',
      facts: [...values].map(([key, value]) => `${key} = ${value}`),
      formula: 'a line for each kernel setting that is changed',
      source: 'sysctl.d(5)',
      effect:
        'The same settings after a reboot. Removing the file does not bring live values back: undo writes them.',
      sure: 'documented',
      changes: [file],
    });
  }
  return found;
};
