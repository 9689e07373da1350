import type { MainCf, MasterCf, ParameterEntry, ProblemCode, Service, ServiceEntry } from '@postern/config';
import type { Place } from '@postern/plan';
import type { Configuration } from '../configuration.ts';
import type { FoundProblem } from './found-problem.ts';
import type { RestrictionList, Restriction } from './restrictions.ts';
import type { Setting } from './setting.ts';

/** What rules and measures look at: a configuration with its effective values, its services and its lists. */
export interface Subject {
  readonly version: string;
  readonly configuration: Configuration;
  readonly main: Scope & { readonly tree: MainCf };
  readonly master: MasterCf;
  /** Every service of master.cf. */
  readonly services: readonly ServiceView[];
  /** The smtpd processes; one that stands for main.cf alone when master.cf has none. */
  readonly servers: readonly SmtpServer[];
  /** Every restriction list and class that some smtpd uses, each once. */
  readonly lists: readonly RestrictionList[];
  /** Every entry of those lists with one of the names. */
  restrictions(...names: readonly string[]): FoundRestriction[];
  /** What the smtpd processes use for a parameter, each origin once. */
  settings(name: string, of?: (server: SmtpServer) => boolean): Setting[];
  /** Everything that main.cf sets (the last of duplicates) and every `-o` of master.cf. */
  writtenSettings(): Setting[];
  /** What the validator says under one of the codes. */
  problems(...codes: readonly ProblemCode[]): FoundProblem[];
  /** The place of an entry of main.cf. */
  placeOfParameter(entry: ParameterEntry): Place;
  /** The place of an offset in main.cf. */
  placeInMain(offset: number): Place;
  /** The place of an offset in master.cf. */
  placeInMaster(offset: number): Place;
  /** Whether the version lies in a range such as `>=2.10`. */
  satisfies(range: string): boolean;
  /** Whether this version, at its patch level, has the parameter. */
  knows(parameter: string): boolean;
  /** Text of another file, where it can be read. */
  file(path: string): string | undefined;
  /** Whether Berkeley DB tables work on the host; undefined when nobody said. */
  readonly berkeleyDb: boolean | undefined;
}

export interface FoundRestriction {
  readonly list: RestrictionList;
  readonly item: Restriction;
}

/** The values that one process sees. */
export interface Scope {
  setting(name: string): Setting;
  /** True when main.cf or the service sets it. */
  sets(name: string): boolean;
  isOn(name: string): boolean;
  list(name: string): RestrictionList;
}

/** One entry of master.cf with its place. */
export interface ServiceView {
  readonly entry: ServiceEntry;
  readonly service: Service;
  readonly at: Place;
}

/**
 * One smtpd(8) of master.cf.
 *
 * - `mx`: on port 25, or behind postscreen
 * - `submission`: on port 587; `submissions`: on port 465 or with TLS from the first byte
 * - `other`: anything else, such as the port that a content filter gives mail back on
 */
export interface SmtpServer extends Scope {
  readonly role: 'mx' | 'submission' | 'submissions' | 'other';
  /** Undefined for the server that stands for main.cf alone. */
  readonly service: Service | undefined;
  readonly at: Place | undefined;
  /** True when only this host can connect. */
  readonly loopback: boolean;
}
