import type { Change, Reason } from '@postern/plan';
import type { Fact } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Workload } from '../workload.ts';
import type { Settings } from './settings.ts';

/**
 * What there is to say about one setting.
 *
 * - `change`: the plan changes it
 * - `already-so`, `default`: it has the value; Postfix has it by itself, as the release named does
 * - `keep`: it could be changed, and should not be
 * - `advice`: something no plan can do, for the administrator
 * - `refused`: what people do and what loses mail or time
 * - `ask-the-host`: the setting belongs to the machine around this container
 * - `unknown`: the facts that it takes are missing
 */
export type Verdict =
  'change' | 'already-so' | 'default' | 'keep' | 'advice' | 'refused' | 'ask-the-host' | 'unknown';

/** One recommendation with everything that led to it. Plain JSON data. */
export interface Recommendation {
  readonly id: string;
  readonly verdict: Verdict;
  /** The parameter, service or kernel setting it is about. */
  readonly subject: string;
  /** What to do, or why not, in one or two sentences. */
  readonly message: string;
  /** What was read or measured. */
  readonly facts: readonly string[];
  /** How the value was computed, with the numbers in it. */
  readonly formula?: string;
  readonly source: string;
  /** What to expect. */
  readonly effect?: string;
  /** How sure the effect is: measured with a real Postfix, stated by its authors or the kernel's, or an estimate. */
  readonly sure?: 'measured' | 'documented' | 'estimate';
  /** For `default`: the release that brought the value. */
  readonly since?: string;
  readonly changes: readonly Change[];
}

export interface Context {
  readonly facts: HostFacts;
  readonly settings: Settings;
  readonly workload: Workload;
}

/** One subject that recommendations are made for. */
export type Adviser = (context: Context) => readonly Recommendation[];

type Fields = Omit<Recommendation, 'verdict' | 'changes' | 'facts'> & {
  readonly facts?: readonly (string | Fact<unknown>)[];
};

/** A recommendation that changes nothing. */
export function say(verdict: Exclude<Verdict, 'change'>, fields: Fields): Recommendation {
  return { ...fields, verdict, facts: evidenceOf(fields.facts), changes: [] };
}

/** A recommendation that changes something says how its value comes about and what to expect. */
type ChangeFields = Fields &
  Required<Pick<Recommendation, 'formula' | 'effect' | 'sure'>> & {
    readonly facts: readonly (string | Fact<unknown>)[];
    readonly versions?: string;
  };

/** A recommendation that changes something; every change carries its reason. */
export function change(
  fields: ChangeFields,
  changes: (because: Reason) => readonly Change[],
): Recommendation {
  const { versions = 'all', ...rest } = fields;
  const facts = evidenceOf(fields.facts);
  const why = [
    fields.message,
    `${fields.formula}.`,
    facts.length > 0 && `Seen: ${facts.join('; ')}.`,
    `${fields.effect} (${sureness[fields.sure]})`,
  ]
    .filter(Boolean)
    .join(' ');
  return { ...rest, verdict: 'change', facts, changes: changes({ why, source: fields.source, versions }) };
}

/** How sure an effect is, for people. */
export const sureness: Readonly<Record<NonNullable<Recommendation['sure']>, string>> = {
  measured: 'measured elsewhere, not here',
  documented: 'by the documentation, not measured',
  estimate: 'an estimate',
};

function evidenceOf(facts: Fields['facts'] = []): string[] {
  return facts.map((fact) => (typeof fact === 'string' ? fact : fact.evidence));
}
