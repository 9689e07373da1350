import {
  findParameter,
  findService,
  parseMain,
  parseMaster,
  serviceOf,
  valueOf,
  type MainCf,
  type Service,
} from '@postern/config';
import {
  applyPlan,
  orderPlan,
  reasonsOf,
  type Change,
  type Finding,
  type Plan,
  type Reason,
} from '@postern/plan';
import { checkRule } from '../audit.ts';
import type { Configuration } from '../configuration.ts';
import { HardeningError } from '../error.ts';
import type { HardeningPlan, HardenOptions } from '../harden.ts';
import { withReason, type Edit } from '../rule.ts';
import { configurationText } from '../subject/text.ts';
import { mendSyntax } from '../subject/mend-syntax.ts';
import { readSubject } from '../subject/read.ts';
import type { Subject } from '../subject/subject.ts';
import { findObstacles } from './obstacles.ts';
import type { Measure, Profile } from './profile.ts';

/** Rounds until nothing changes any more. Two do the work, the third sees that nothing is left. */
const mostRounds = 8;

/** The texts of the two files, and every change made to them so far, in order. */
interface Draft {
  readonly main: string;
  readonly master: string;
  readonly changes: readonly Change[];
}

/** What a profile comes to on one configuration. */
export function planProfile(
  profile: Profile,
  configuration: Configuration,
  options: HardenOptions,
): HardeningPlan {
  const target = {
    name: options.target ?? configuration.directory ?? '/etc/postfix',
    postfix: configuration.version,
  };
  const apply = (draft: Draft, changes: readonly Change[]): Draft => {
    const files = { 'main.cf': draft.main, 'master.cf': draft.master };
    const after = applyPlan(files, { target, changes, checks: [] });
    return {
      main: after['main.cf'] ?? draft.main,
      master: after['master.cf'] ?? draft.master,
      changes: [...draft.changes, ...changes],
    };
  };
  // Most rules find nothing to change, and the next one looks at the same draft.
  const subjects = new WeakMap<Draft, Subject>();
  const read = (draft: Draft): Subject => {
    const subject =
      subjects.get(draft) ??
      readSubject({ ...configuration, main: draft.main, master: draft.master }, options);
    subjects.set(draft, subject);
    return subject;
  };

  const original = configurationText(configuration);
  const mended = apply({ ...original, changes: [] }, mendSyntax(configuration));
  const obstacles = findObstacles(read(mended));
  if (obstacles.length > 0) return { target, changes: [], checks: [], notes: [], obstacles };

  let draft = mended;
  for (let round = 0; ; round++) {
    if (round === mostRounds) {
      throw new HardeningError(
        'no-fixed-point',
        `the profile ${profile.id} does not come to rest on ${target.name}: a rule and a measure undo each other`,
      );
    }
    const before = draft;
    for (const each of profile.rules) draft = mendAll(each, draft, read, apply);
    for (const each of profile.measures) {
      const subject = read(draft);
      if (!subject.satisfies(each.versions)) continue;
      const edits = effectiveEdits(subject, each.plan(subject, options).edits ?? []);
      if (edits.length > 0)
        draft = apply(
          draft,
          withReason(edits, { why: each.why, source: each.source, versions: each.versions }),
        );
    }
    if (draft.main === before.main && draft.master === before.master) break;
  }

  const changes = collapse(original, draft);
  return {
    ...orderPlan(withReload({ target, changes, checks: checksOf(changes) })),
    notes: notesOf(profile, read(draft), read(mended), options),
    obstacles: [],
  };
}

/**
 * Applies the fixes of one rule until it has no more that change something.
 *
 * @throws HardeningError `no-fixed-point` when they only make the files longer
 */
function mendAll(
  rule: Profile['rules'][number],
  start: Draft,
  read: (draft: Draft) => Subject,
  apply: (draft: Draft, changes: readonly Change[]) => Draft,
): Draft {
  let draft = start;
  for (let left = 200; left > 0; left--) {
    // Two fixes for one thing were both made for the thing as it was: one at a time.
    const touched = new Set<string>();
    const changes = checkRule(rule, read(draft)).flatMap(({ fix = [] }) => {
      const keys = fix.map((change) => keyOf(change));
      if (keys.some((key) => touched.has(key))) return [];
      for (const key of keys) touched.add(key);
      return fix;
    });
    if (changes.length === 0) return draft;
    const next = apply(draft, changes);
    if (next.main === draft.main && next.master === draft.master) return draft;
    draft = next;
  }
  // So many fixes that take something out come to an end in a later round.
  if (draft.main.length + draft.master.length > start.main.length + start.master.length)
    throw new HardeningError('no-fixed-point', `the fixes of the rule ${rule.id} do not come to an end`);
  return draft;
}

/** Leaves out edits that say what is so already. */
function effectiveEdits(subject: Subject, edits: readonly Edit[]): readonly Edit[] {
  return edits.filter(
    (edit) =>
      edit.type !== 'set-parameter' ||
      subject.main.setting(edit.name).raw !== edit.value ||
      !subject.main.sets(edit.name),
  );
}

/** One change for each thing, with its last value and all its reasons; nothing for what is as it was. */
function collapse(original: { main: string; master: string }, draft: Draft): Change[] {
  const [mainBefore, mainAfter] = [parseMain(original.main), parseMain(draft.main)];
  const [masterBefore, masterAfter] = [parseMaster(original.master), parseMaster(draft.master)];
  const groups = Map.groupBy(draft.changes, keyOf);
  return [...groups.values()].flatMap((group): Change[] => {
    const last = group.at(-1)!;
    const reasons = uniqueReasons(group);
    switch (last.type) {
      case 'set-parameter':
      case 'remove-parameter': {
        const [before, after] = [findParameter(mainBefore, last.name), findParameter(mainAfter, last.name)];
        const isSame = before && after ? valueOf(before) === valueOf(after) : before === after;
        if (isSame && countOf(mainBefore, last.name) === countOf(mainAfter, last.name)) return [];
        // Taken out before it is set: that is how duplicates go.
        const removal = group.find((change) => change.type === 'remove-parameter');
        return removal && last.type === 'set-parameter'
          ? [removal, { ...last, ...reasons }]
          : [{ ...last, ...reasons }];
      }
      case 'put-service':
      case 'set-service-option': {
        const { name, type } = serviceIn(last);
        const after = findService(masterAfter, name, type);
        const before = findService(masterBefore, name, type);
        if (!after || before?.text === after.text) return [];
        if (group.some((change) => change.type === 'put-service')) {
          return [{ type: 'put-service', service: serviceOf(after), ...reasons }];
        }
        return [...Map.groupBy(group, (change) => ('option' in change ? change.option : '')).values()].map(
          (options) => ({ ...options.at(-1)!, ...uniqueReasons(options) }),
        );
      }
      default:
        return [{ ...last, ...reasons }];
    }
  });
}

function countOf(tree: MainCf, name: string): number {
  return tree.entries.filter((entry) => entry.type === 'parameter' && entry.name === name).length;
}

function keyOf(change: Change): string {
  switch (change.type) {
    case 'set-parameter':
    case 'remove-parameter':
      return `main.cf ${change.name}`;
    case 'put-service':
    case 'set-service-option': {
      const { name, type } = serviceIn(change);
      return `master.cf ${name}/${type}`;
    }
    case 'put-file':
      return `file ${change.path}`;
    default:
      return JSON.stringify({ ...change, because: undefined });
  }
}

function serviceIn(
  change: Extract<Change, { type: 'put-service' | 'set-service-option' }>,
): Pick<Service, 'name' | 'type'> {
  return change.type === 'put-service' ? change.service : { name: change.name, type: change.serviceType };
}

function uniqueReasons(changes: readonly Change[]): { because: Reason; also?: readonly Reason[] } {
  const all = changes.flatMap((change) => reasonsOf(change));
  const [because, ...also] = [...new Map(all.map((reason) => [reason.why, reason])).values()];
  return also.length > 0 ? { because: because!, also } : { because: because! };
}

function withReload(plan: Plan): Plan {
  if (plan.changes.length === 0) return plan;
  const because = {
    why: 'Postfix takes the new files when it is told to.',
    source: 'postfix(1) reload',
    versions: 'all',
  };
  return { ...plan, changes: [...plan.changes, { type: 'postfix-action', action: 'reload', because }] };
}

/** What must be true afterwards, of what the changes touch. */
function checksOf(changes: readonly Change[]): Plan['checks'] {
  if (changes.length === 0) return [];
  const touches = (pattern: RegExp): boolean =>
    changes.some(
      (change) =>
        (change.type === 'set-parameter' && pattern.test(change.name)) || change.type === 'put-service',
    );
  return [
    { id: 'configuration', description: 'Postfix accepts the configuration' },
    { id: 'greeting', description: 'Port 25 greets with 220' },
    ...(touches(/_tls_/) ? [{ id: 'starttls', description: 'STARTTLS works, with TLS 1.2 or newer' }] : []),
    ...(touches(/_restrictions$|^relay_domains$|^mynetworks/)
      ? [{ id: 'no-relay', description: 'A stranger cannot send to a foreign domain' }]
      : []),
  ];
}

/** What is left after the plan, with the places as they are before it. */
function notesOf(profile: Profile, subject: Subject, original: Subject, options: HardenOptions): Finding[] {
  const say = (
    id: string,
    message: string,
    at = original.placeInMain(0),
    from: Partial<Measure> = {},
  ): Finding => ({
    rule: `${profile.id}/${id}`,
    level: 'note',
    message,
    at,
    versions: from.versions ?? 'all',
    source: from.source ?? 'postconf(5), "main.cf file format"',
    confidence: 'certain',
  });
  const computed = original.lists
    // A default is set anew as a whole where a measure wants another list.
    .filter(({ editable, setting }) => !editable && setting.origin !== 'default')
    .map(({ name, setting }) =>
      say(
        'computed-list',
        `${name} comes out of an expression or is not whole: what it lacks is not added`,
        setting.at,
      ),
    );
  const left = profile.measures.flatMap((each) => {
    if (!subject.satisfies(each.versions)) return [];
    return (each.plan(subject, options).notes ?? []).map(({ message, setting }) =>
      say(each.id, message, setting === undefined ? undefined : original.main.setting(setting).at, each),
    );
  });
  return [...computed, ...left];
}
