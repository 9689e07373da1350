import { referencesOf } from '../expand/references.ts';
import {
  placedValueOf,
  type BlankEntry,
  type CommentEntry,
  type MainCf,
  type ParameterEntry,
  type StrayEntry,
} from '../syntax/main-cf.ts';
import type { MasterCf, MasterEntry, ServiceEntry } from '../syntax/master-cf.ts';
import { argumentsOf, type ServiceArgument } from '../syntax/service.ts';
import { fieldsOf } from '../syntax/service-fields.ts';
import type { Range } from '../syntax/source.ts';

/** `skip` leaves out what is inside, `stop` ends the visit. */
export type VisitAnswer = 'skip' | 'stop' | undefined | void;

/** What to do at each kind of node; kinds that are left out are passed over. */
export interface Visitor {
  readonly parameter?: (entry: ParameterEntry) => VisitAnswer;
  readonly service?: (entry: ServiceEntry) => VisitAnswer;
  readonly comment?: (entry: CommentEntry) => VisitAnswer;
  readonly blank?: (entry: BlankEntry) => VisitAnswer;
  readonly stray?: (entry: StrayEntry) => VisitAnswer;
  /** What follows the command of a service: overrides, flags and arguments, one after the other. */
  readonly argument?: (argument: ServiceArgument, service: ServiceEntry) => VisitAnswer;
  /** Each `$name` in a value, in every branch. */
  readonly reference?: (reference: VisitedReference) => VisitAnswer;
}

/** A `$name` in the value of a parameter or of an override. */
export interface VisitedReference {
  readonly name: string;
  readonly use: 'value' | 'test';
  /** The parameter, or the override, whose value refers to the name. */
  readonly from: string;
  readonly entry: ParameterEntry | ServiceEntry;
  /** Where it stands in the entry's text; in an override, where the override stands. */
  readonly range: Range;
}

/**
 * Walks a tree in the order of the file: each entry, then what is inside.
 *
 * @param version  of the Postfix that reads it, for the references in values. Default: the newest grammar
 */
export function visit(tree: MainCf | MasterCf, visitor: Visitor, version = '3.12'): void {
  for (const entry of tree.entries) {
    const answer = visitEntry(entry, visitor);
    if (answer === 'stop') return;
    if (answer !== 'skip' && visitInside(entry, visitor, version) === 'stop') return;
  }
}

type AnyEntry = MainCf['entries'][number] | MasterEntry;

function visitEntry(entry: AnyEntry, visitor: Visitor): VisitAnswer {
  switch (entry.type) {
    case 'parameter':
      return visitor.parameter?.(entry);
    case 'service':
      return visitor.service?.(entry);
    case 'comment':
      return visitor.comment?.(entry);
    case 'blank':
      return visitor.blank?.(entry);
    case 'stray':
      return visitor.stray?.(entry);
  }
}

function visitInside(entry: AnyEntry, visitor: Visitor, version: string): VisitAnswer {
  if (entry.type === 'parameter' && visitor.reference) {
    const value = placedValueOf(entry);
    return firstStop(referencesOf(value.text, version).references, ({ name, use, offset }) =>
      visitor.reference!({
        name,
        use,
        from: entry.name,
        entry,
        range: value.rangeOf(offset, offset + name.length),
      }),
    );
  }
  if (entry.type === 'service' && (visitor.argument || visitor.reference)) {
    return firstStop(argumentsOf(fieldsOf(entry)), (argument) => {
      const answer = visitor.argument?.(argument, entry);
      if (answer || argument.type !== 'option' || !visitor.reference) return answer;
      const range = argument.fields.at(-1)?.range ?? { start: 0, end: 0 };
      return firstStop(referencesOf(argument.value, version).references, ({ name, use }) =>
        visitor.reference!({ name, use, from: argument.name, entry, range }),
      );
    });
  }
  return undefined;
}

function firstStop<T>(items: readonly T[], visitOne: (item: T) => VisitAnswer): VisitAnswer {
  return items.some((item) => visitOne(item) === 'stop') ? 'stop' : undefined;
}
