import {
  findParameter,
  findService,
  linesOf,
  parseMain,
  parseMaster,
  serviceOf,
  valueOf,
  type ParameterEntry,
  type ServiceType,
} from '@postern/config';
import { applyPlan } from './apply.ts';
import type { Change, PutFile, Reason, RemoveFile } from './change.ts';
import { orderPlan } from './order.ts';
import { normalPath } from './path.ts';
import type { Files, HostState, Plan } from './plan.ts';
import { fileOf, isSourceOf, subjectOf } from './subject.ts';

export interface InvertOptions {
  /** The kernel settings before the plan; one that is not known cannot be set back. */
  readonly state?: HostState;
  /**
   * Undo by name only, so that what others change in main.cf and master.cf after the plan stays. The old meaning
   * comes back, though a parameter or service may stand elsewhere in its file. Default: false.
   */
  readonly keepLaterEdits?: boolean;
}

/**
 * The plan that undoes a plan: applied to `applyPlan(files, plan)`, it gives `files` back, byte for byte.
 *
 * It undoes parameter by parameter and service by service where that restores the text, and else puts the whole
 * old file back (see `keepLaterEdits`). A package stays installed, a kernel setting of which the old value is not
 * in `state` stays set (`irreversibleChanges` lists them), and a put-file keeps the mode and owner it gave.
 *
 * @throws PlanError when the plan does not fit the files
 */
export function invertPlan(
  files: Files,
  plan: Plan,
  { state = {}, keepLaterEdits = false }: InvertOptions = {},
): Plan {
  const before: Files = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [normalPath(path), text]),
  );
  const after = applyPlan(before, plan);
  const whole = new Set(plan.changes.filter(isWholeFile).map((change) => normalPath(change.path)));
  const inverses = plan.changes.flatMap((change) => {
    const file = fileOf(change);
    if (file !== undefined && whole.has(file)) return [putBack(file, before, undoing(change.because))];
    return invertChange(change, before, plan, state);
  });
  const draft = (changes: readonly Change[]): Plan =>
    orderPlan({ target: plan.target, changes: firstOfEach(changes), checks: plan.checks });
  const byName = draft(inverses);
  if (keepLaterEdits) return byName;

  const restored = applyPlan(after, byName);
  const wrong = ['main.cf', 'master.cf'].filter((path) => restored[path] !== before[path]);
  if (wrong.length === 0) return byName;
  const rest = inverses.filter((change) => !wrong.includes(fileOf(change) ?? ''));
  return draft([...rest, ...wrong.map((path) => putBack(path, before, wholeFileBack(path)))]);
}

/** The changes that `invertPlan` leaves in place: packages, and kernel settings of which the old value is not known. */
export function irreversibleChanges(plan: Plan, { sysctl = {} }: HostState = {}): Change[] {
  return plan.changes.filter(
    (change) =>
      change.type === 'install-package' ||
      (change.type === 'set-sysctl' && !Object.hasOwn(sysctl, change.key)),
  );
}

/** What sets one thing back to how it was; nothing where that is not known or not possible. */
function invertChange(change: Change, before: Files, plan: Plan, { sysctl = {} }: HostState): Change[] {
  const because = undoing(change.because);
  switch (change.type) {
    case 'set-parameter':
    case 'remove-parameter': {
      const entry = findParameter(parseMain(before['main.cf'] ?? ''), change.name);
      if (!entry) return [{ type: 'remove-parameter', name: change.name, because }];
      return [{ type: 'set-parameter', name: change.name, value: writtenValue(entry), because }];
    }
    case 'put-service':
      return [serviceBack(change.service.name, change.service.type, before, because)];
    case 'remove-service':
      return [serviceBack(change.name, change.serviceType, before, because)];
    case 'set-service-option': {
      const { name, serviceType, option } = change;
      const service = subjectOf(change).in;
      const isPut = plan.changes.some((other) => other !== change && service.includes(subjectOf(other).key));
      if (isPut) return [serviceBack(name, serviceType, before, because)];
      const entry = findService(parseMaster(before['master.cf'] ?? ''), name, serviceType);
      const old = entry && serviceOf(entry).options.findLast((candidate) => candidate.name === option);
      return [{ type: 'set-service-option', name, serviceType, option, value: old?.value ?? null, because }];
    }
    case 'put-file':
    case 'remove-file':
      return [putBack(normalPath(change.path), before, because)];
    case 'set-sysctl': {
      const value = Object.hasOwn(sysctl, change.key) ? sysctl[change.key] : undefined;
      return value === undefined ? [] : [{ type: 'set-sysctl', key: change.key, value, because }];
    }
    case 'postfix-action': {
      const isOrphan = plan.changes.some(
        (other) => isSourceOf(fileOf(other), change) && before[fileOf(other) ?? ''] === undefined,
      );
      return isOrphan ? [] : [{ ...change, because }];
    }
    case 'install-package':
      return [];
  }
}

function isWholeFile(change: Change): change is PutFile | RemoveFile {
  return change.type === 'put-file' || change.type === 'remove-file';
}

function serviceBack(name: string, serviceType: ServiceType, before: Files, because: Reason): Change {
  const entry = findService(parseMaster(before['master.cf'] ?? ''), name, serviceType);
  return entry
    ? { type: 'put-service', service: serviceOf(entry), because }
    : { type: 'remove-service', name, serviceType, because };
}

function putBack(path: string, before: Files, because: Reason): Change {
  const content = before[path];
  return content === undefined
    ? { type: 'remove-file', path, because }
    : { type: 'put-file', path, content, because };
}

/** The value with its line breaks where it has no comments between them, and else on one line. */
function writtenValue(entry: ParameterEntry): string {
  const lines = linesOf({ text: entry.text.trimEnd() });
  if (lines.some(({ kind }) => kind !== 'content')) return valueOf(entry);
  return entry.text
    .slice(entry.text.indexOf('=') + 1)
    .replaceAll('\r\n', '\n')
    .trim();
}

/** Of several changes with one subject the first, which knows the oldest state. */
function firstOfEach(changes: readonly Change[]): Change[] {
  const seen = new Set<string>();
  return changes.filter((change) => {
    const { key } = subjectOf(change);
    return !seen.has(key) && seen.add(key);
  });
}

function undoing({ why, source, versions }: Reason): Reason {
  return { why: why.startsWith(undo) ? why.slice(undo.length) : undo + why, source, versions };
}

function wholeFileBack(path: string): Reason {
  return {
    why: `Puts ${path} back as it was, byte for byte.`,
    source: 'the file before the plan',
    versions: 'all',
  };
}

const undo = 'Undoes: ';
