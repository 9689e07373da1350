import { reasonsOf, type Change, type Reason } from './change.ts';
import { orderPlan } from './order.ts';
import type { Check, Plan, Target } from './plan.ts';
import { overlap, subjectOf, type Subject } from './subject.ts';

/** What merging came to. */
export interface Merge {
  /** Everything that the plans agree on or say alone, in the order of `orderPlan`. Nothing contested is in it. */
  readonly plan: Plan;
  /** What the plans disagree on; somebody has to choose. Empty when the merged plan is whole. */
  readonly conflicts: readonly Conflict[];
}

/** Changes that cannot all hold, or plans that are for different hosts or Postfix versions. */
export type Conflict =
  | { readonly type: 'changes'; readonly subject: string; readonly alternatives: readonly Alternative[] }
  | { readonly type: 'targets'; readonly targets: readonly Target[] };

export interface Alternative {
  /** Which of the plans wants it, counted from 0. */
  readonly plan: number;
  readonly change: Change;
}

/**
 * Makes one plan of several. Equal changes become one that keeps every reason (`also`). Changes that contradict
 * each other are reported as conflicts and left out: none is preferred. Within one plan a later change to the
 * same thing replaces the earlier one, as it would when the plan is applied.
 */
export function mergePlans(first: Plan, ...others: readonly Plan[]): Merge {
  const plans = [first, ...others];
  const members = plans.flatMap((plan, index) => lastWords(plan).map((change) => member(index, change)));
  const contested = findContested(members);
  const conflicts: Conflict[] = groupContested(members.filter((entry) => contested.has(entry)));
  const targets = unique(plans.map((plan) => plan.target));
  if (targets.length > 1) conflicts.unshift({ type: 'targets', targets });
  const changes = collapse(members.filter((entry) => !contested.has(entry)));
  const checks: Check[] = unique(plans.flatMap((plan) => plan.checks));
  return { plan: orderPlan({ target: first.target, changes, checks }), conflicts };
}

interface Member extends Alternative {
  readonly subject: Subject;
  /** What it does, as text that is equal for equal changes. */
  readonly effect: string;
}

function member(plan: number, change: Change): Member {
  return { plan, change, subject: subjectOf(change), effect: effectOf(change) };
}

/** The changes of a plan without those that a later one of the same plan replaces. */
function lastWords(plan: Plan): Change[] {
  const replaced = new Set<string>();
  const kept: Change[] = [];
  for (const change of plan.changes.toReversed()) {
    const { key, in: containers } = subjectOf(change);
    if (![key, ...containers].some((name) => replaced.has(name))) kept.unshift(change);
    replaced.add(key);
  }
  return kept;
}

/** Every member that another plan contradicts, and what overlaps with such a member. */
function findContested(members: readonly Member[]): Set<Member> {
  const pairs = [...overlappingPairs(members)];
  const wanted = new Set(members.map(({ plan, effect }) => `${plan} ${effect}`));
  const wants = (plan: number, { effect }: Member): boolean => wanted.has(`${plan} ${effect}`);
  const contested = new Set<Member>();
  for (const [a, b] of pairs) {
    const bothWantBoth = wants(a.plan, b) && wants(b.plan, a);
    if (a.plan !== b.plan && !bothWantBoth && !agree(a, b)) contested.add(a).add(b);
  }
  for (let before = -1; before < contested.size;) {
    before = contested.size;
    for (const [a, b] of pairs) if (contested.has(a) || contested.has(b)) contested.add(a).add(b);
  }
  return contested;
}

function* overlappingPairs(members: readonly Member[]): Iterable<[Member, Member]> {
  const byName = Map.groupBy(
    members.flatMap((entry) => [entry.subject.key, ...entry.subject.in].map((name) => ({ name, entry }))),
    ({ name }) => name,
  );
  for (const a of members) {
    for (const { entry: b } of byName.get(a.subject.key) ?? []) if (a !== b) yield [a, b];
  }
}

function agree(a: Member, b: Member): boolean {
  return a.effect === b.effect || grants(a.change, b.change) || grants(b.change, a.change);
}

/** Whether a whole service already has the option that another change sets. */
function grants(whole: Change, part: Change): boolean {
  if (whole.type !== 'put-service' || part.type !== 'set-service-option') return false;
  if (!overlap(subjectOf(whole), subjectOf(part))) return false;
  const option = whole.service.options.findLast(({ name }) => name === part.option);
  return (option?.value ?? null) === part.value;
}

function groupContested(members: readonly Member[]): Conflict[] {
  const conflicts: Conflict[] = [];
  const open = new Set(members);
  for (const start of members) {
    if (!open.delete(start)) continue;
    const group = [start];
    for (const entry of group) {
      for (const other of open) {
        if (overlap(entry.subject, other.subject)) {
          open.delete(other);
          group.push(other);
        }
      }
    }
    // The widest thing in dispute has the shortest name: `main.cf` before `main.cf relayhost`.
    const subject = group.map((entry) => entry.subject.key).reduce((a, b) => (b.length < a.length ? b : a));
    const alternatives = members
      .filter((entry) => group.includes(entry))
      .map(({ plan, change }) => ({ plan, change }));
    conflicts.push({ type: 'changes', subject, alternatives });
  }
  return conflicts;
}

/** One change for each group of changes of different plans that agree. */
function collapse(members: readonly Member[]): Change[] {
  const kept: Member[] = [];
  const keptAbout = new Map<string, number[]>();
  for (const entry of members) {
    const names = [entry.subject.key, ...entry.subject.in];
    const twin = names
      .flatMap((name) => keptAbout.get(name) ?? [])
      .find((index) => kept[index]!.plan !== entry.plan && agree(kept[index]!, entry));
    if (twin === undefined) {
      for (const name of names) keptAbout.set(name, [...(keptAbout.get(name) ?? []), kept.length]);
      kept.push(entry);
    } else {
      const other = kept[twin]!;
      const [stays, goes] = grants(entry.change, other.change) ? [entry, other] : [other, entry];
      kept[twin] = { ...stays, change: withReasons(stays.change, reasonsOf(goes.change)) };
    }
  }
  return kept.map(({ change }) => change);
}

function withReasons<T extends Change>(change: T, more: readonly Reason[]): T {
  const [because, ...also] = unique([...reasonsOf(change), ...more]);
  return also.length === 0 ? change : { ...change, because, also };
}

function effectOf({ because: _because, also: _also, ...effect }: Change): string {
  return canonical(effect);
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.toReversed().map((value) => [canonical(value), value])).values()].toReversed();
}

/** JSON with the keys in order, so that equal data has equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
