import type { Lab, Postfix } from '@postern/testbed';
import type { Lists } from './scene.ts';

/** A running host under examination. */
export interface Subject {
  readonly lab: Lab;
  readonly postfix: Postfix;
}

/** What a probe saw: whether that is as it should be, and what happened in a few words. */
export interface Verdict {
  readonly right: boolean;
  readonly said: string;
}

/** One row of the table: something that a mail host should do, and how to see whether it does. */
export interface Probe {
  /** Of what should be so, in the present tense. */
  readonly title: string;
  /** How the block lists answer meanwhile. */
  readonly lists: Lists;
  examine(subject: Subject): Promise<Verdict>;
}
