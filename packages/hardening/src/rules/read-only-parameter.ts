import { shadowedEntry } from '../knowledge/shadowed-entry.ts';
import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const readOnlyParameter: Rule = problemRule({
  id: 'read-only-parameter',
  level: 'note',
  versions: 'all',
  source: 'postconf(5) config_directory, process_name, process_id, service_name',
  title: 'A setting that nothing takes from here',
  why: 'Each program sets it for itself; what stands in the file only misleads.',
  byHand: shadowedEntry,
  codes: ['read-only-parameter'],
  fix: ({ setting }) => setting && [setting.unset()],
});
