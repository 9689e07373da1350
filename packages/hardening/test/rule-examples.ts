import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPlan, type Finding } from '@postern/plan';
import { audit, type AuditContext, type Rule } from '@postern/hardening';
import type { TextHost } from './hosts.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const folder = join(fixtures, 'rules');

/** A rule's folder: a bad and a good host, and what is known besides the files. */
interface Setup {
  readonly version?: string;
  readonly context?: AuditContext;
  readonly files?: Readonly<Record<string, string>>;
}

export const exampleNames: readonly string[] = readdirSync(folder).toSorted();

export function examplePath(rule: string, ...path: readonly string[]): string {
  return join(folder, rule, ...path);
}

function readSetup(rule: string): Setup {
  const path = examplePath(rule, 'setup.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Setup) : {};
}

/** The master.cf of a rule's host: its own, or the common one. */
export function masterPath(rule: string, host: 'bad' | 'good'): string {
  const own = examplePath(rule, host, 'master.cf');
  return existsSync(own) ? own : join(fixtures, 'master.cf');
}

/** One of the two hosts of a rule; without a master.cf of its own it has the common one. */
export function readExample(rule: string, host: 'bad' | 'good'): TextHost {
  const { version = '3.7.11', files } = readSetup(rule);
  return {
    main: readFileSync(examplePath(rule, host, 'main.cf'), 'utf8'),
    master: readFileSync(masterPath(rule, host), 'utf8'),
    version,
    files: (path) => files?.[path],
  };
}

/** What the rule alone says about a configuration. */
export function findingsOf(rule: Rule, configuration: TextHost): Finding[] {
  return audit(configuration, { ...readSetup(rule.id).context, rules: [rule] }).filter(
    (finding) => finding.rule === rule.id,
  );
}

/** The texts of a configuration after the rule's fixes, one after the other until none is left that changes something. */
export function fixAll(rule: Rule, configuration: TextHost): { main: string; master: string } {
  let files = { 'main.cf': configuration.main, 'master.cf': configuration.master };
  const target = { name: 'example', postfix: configuration.version };
  for (;;) {
    const now = { ...configuration, main: files['main.cf'], master: files['master.cf'] };
    const next = findingsOf(rule, now)
      .map(({ fix }) => fix && applyPlan(files, { target, changes: fix, checks: [] }))
      .find((after) => after && JSON.stringify(after) !== JSON.stringify(files));
    if (!next) return { main: files['main.cf'], master: files['master.cf'] };
    files = { 'main.cf': next['main.cf']!, 'master.cf': next['master.cf']! };
  }
}
