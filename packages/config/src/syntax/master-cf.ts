import { eachStretch } from './logical-line.ts';
import { printEntries, type BlankEntry, type CommentEntry, type StrayEntry } from './main-cf.ts';
import { shareTexts } from './short-texts.ts';
import { isServiceType, leadingFields, type ServiceType } from './service-fields.ts';
import type { Range } from './source.ts';

/** One master.cf file: everything in it, in order, so that printing gives the same bytes back. */
export interface MasterCf {
  readonly type: 'master-cf';
  readonly entries: readonly MasterEntry[];
}

export type MasterEntry = ServiceEntry | CommentEntry | BlankEntry | StrayEntry;

/** One service with the lines that continue it. Its meaning is derived from the text (`serviceOf`). */
export interface ServiceEntry {
  readonly type: 'service';
  /** First field: a service name, or for inet `host:port`, `port` or `[address]:port`. */
  readonly name: string;
  readonly serviceType: ServiceType;
  /** The entry as it stands, terminator of its last line included. */
  readonly text: string;
  /** The stretch of the parsed text that this entry stands for; see `locate` for where it is after edits. */
  readonly range: Range;
}

/** Reads a master.cf. Any text is accepted, and `printMaster` gives it back. */
export function parseMaster(text: string): MasterCf {
  const entries: MasterEntry[] = [];
  const share = shareTexts(text);
  eachStretch(text, (kind, start, end) => {
    const stretch = share(text.slice(start, end));
    const range = { start, end };
    if (kind === 'entry') entries.push(readService(stretch, range));
    else if (kind === 'indented-start') entries.push({ type: 'stray', reason: kind, text: stretch, range });
    else entries.push({ type: kind, text: stretch, range });
  });
  return { type: 'master-cf', entries };
}

/** The text of a master.cf: what was parsed, with the edits made since. */
export function printMaster(tree: MasterCf): string {
  return printEntries(tree.entries);
}

/** The entry of a service: of several with one name and type, the last, which is the one that master(8) uses. */
export function findService(tree: MasterCf, name: string, type: ServiceType): ServiceEntry | undefined {
  return tree.entries.findLast(
    (entry): entry is ServiceEntry =>
      entry.type === 'service' && entry.name === name && entry.serviceType === type,
  );
}

function readService(text: string, range: Range): ServiceEntry | StrayEntry {
  const fields = leadingFields(text);
  const [name, type] = fields;
  if (fields.length < 8 || name === undefined || type === undefined) {
    return { type: 'stray', reason: 'too-few-fields', text, range };
  }
  if (!isServiceType(type)) return { type: 'stray', reason: 'unknown-service-type', text, range };
  return { type: 'service', name, serviceType: type, text, range };
}
