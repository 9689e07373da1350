import type { Edit, Rule } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';
import type { Inputs } from './inputs.ts';

/** What a host of one kind should be: defects that are mended, and measures that are taken. */
export interface Profile {
  readonly id: string;
  readonly title: string;
  /** One or two sentences: which hosts it is for. */
  readonly description: string;
  /** Rules whose fixes the profile applies. */
  readonly rules: readonly Rule[];
  /** In the order in which they are taken. */
  readonly measures: readonly Measure[];
}

/** Something that every host of a kind should have, whether or not its absence is a defect. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  /** Default reason of its changes. */
  readonly why: string;
  readonly source: string;
  readonly versions: string;
  plan(subject: Subject, inputs: Inputs): Proposal;
}

/** What a measure comes to on one host: nothing when the host is so already. */
export interface Proposal {
  readonly edits?: readonly Edit[] | undefined;
  /** What it leaves alone, and what would change that. */
  readonly notes?: readonly { readonly message: string; readonly setting?: string }[];
}

/** Declares a measure; it is here so that the measure's file has its types checked. */
export function defineMeasure(definition: Measure): Measure {
  return definition;
}

/** Declares a profile; it is here so that the profile's file has its types checked. */
export function defineProfile(definition: Profile): Profile {
  return definition;
}
