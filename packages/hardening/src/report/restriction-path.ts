import type { Place } from '@postern/plan';
import { simulate, type Outcome, type Step, type Verdict, type World } from '@postern/simulator';
import type { Configuration } from '../configuration.ts';
import { classesOf } from '../knowledge/relay-control.ts';
import { readSubject } from '../subject/read.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';
import { sampleResolver } from './sample-dns.ts';
import { localDomain, samplesFor, type Sample } from './samples.ts';

/** The way of mail through the lists of one smtpd, and who decides about the samples. Plain JSON data. */
export interface RestrictionPath {
  /** The service of master.cf that clients connect to. */
  readonly service: string;
  readonly role: SmtpServer['role'];
  /** In the order in which smtpd looks at them. */
  readonly lists: readonly PathList[];
  readonly samples: readonly SampleResult[];
}

/** A restriction list, or a parameter that decides by itself. */
export interface PathList {
  readonly name: string;
  readonly entries: readonly PathEntry[];
}

export interface PathEntry {
  readonly text: string;
  /** Undefined for a default. */
  readonly at?: Place;
  /** Above 0 inside restriction classes. */
  readonly depth: number;
  /** What it did with each sample, in their order; null where the sample did not come by. */
  readonly marks: readonly (Step['result'] | null)[];
}

/** What became of one sample. */
export interface SampleResult {
  readonly id: string;
  readonly title: string;
  readonly wanted: Sample['wanted'];
  /** Where something is not known: what happens when that has no objection. */
  readonly outcome: Exclude<Outcome, 'unknown'>;
  readonly reply: Verdict['reply'];
  readonly decidedBy: Verdict['decidedBy'];
  /** What is not known and may change the outcome. */
  readonly hangsOn: readonly string[];
  /** Whether it went as wanted; undefined where that hangs on the unknown. */
  readonly right?: boolean;
}

const stages = ['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'end_of_data'] as const;
type ListName = `smtpd_${(typeof stages)[number]}_restrictions`;

/** The path for every smtpd that speaks SMTP to the network, by its service. */
export function restrictionPaths(
  configuration: Configuration,
  world: Pick<World, 'hostname' | 'interfaces'> = {},
): RestrictionPath[] {
  const subject = readSubject(configuration);
  return subject.servers.flatMap((server) => {
    // A port that only this host reaches takes mail back from filters: strangers do not come there.
    if (server.loopback && server.role !== 'mx') return [];
    const service = listenerOf(subject, server);
    return [pathOf(subject, server, service, samplesFor(server, service), world)];
  });
}

/** Behind postscreen the clients connect to postscreen's service. */
function listenerOf(subject: Subject, { service }: SmtpServer): string {
  if (service?.type !== 'pass') return service?.name ?? 'smtp';
  const front = subject.services.find(
    (each) => each.service.type === 'inet' && each.service.command === 'postscreen',
  );
  return front?.service.name ?? service.name;
}

function pathOf(
  subject: Subject,
  server: SmtpServer,
  service: string,
  samples: readonly Sample[],
  host: Pick<World, 'hostname' | 'interfaces'>,
): RestrictionPath {
  const drafts = listNames(subject, server).map((name) => ({
    name: name as string,
    entries: readEntries(server, name, samples.length),
  }));
  const results = samples.map((sample, index) => {
    const verdict = run(subject.configuration, sample, localDomain(server), host);
    mark(drafts, verdict, index, samples.length);
    return resultOf(sample, verdict);
  });
  const lists = drafts.map(({ name, entries }) => ({
    name,
    entries: entries.map(({ text, at, depth, marks }) => ({ text, ...(at && { at }), depth, marks })),
  }));
  return { service, role: server.role, lists, samples: results };
}

function listNames(subject: Subject, server: SmtpServer): ListName[] {
  const names = stages.map((stage): ListName => `smtpd_${stage}_restrictions`);
  const known = names.filter((name) => subject.knows(name));
  const order = 'smtpd_relay_before_recipient_restrictions';
  if (!subject.knows(order) || server.isOn(order)) return known;
  // Until 3.6 the recipient's list came first, whatever the documentation said.
  const rank = (name: ListName): number =>
    name === 'smtpd_recipient_restrictions'
      ? known.indexOf('smtpd_relay_restrictions') - 0.5
      : known.indexOf(name);
  return known.toSorted((a, b) => rank(a) - rank(b));
}

/** An entry while the samples go by. */
interface EntryDraft extends PathEntry {
  readonly name: string;
  readonly argument: string;
  readonly marks: (Step['result'] | null)[];
}

interface ListDraft {
  readonly name: string;
  readonly entries: EntryDraft[];
}

/** Classes within classes may come to more than anybody draws: what is beyond is left out. */
const mostEntries = 500;

function readEntries(server: SmtpServer, name: string, samples: number): EntryDraft[] {
  const classes = classesOf(server);
  let left = mostEntries;
  const read = (list: string, open: readonly string[]): EntryDraft[] =>
    server.list(list).items.flatMap((item): EntryDraft[] => {
      if (left-- <= 0) return [];
      const entry: EntryDraft = {
        text: item.text,
        name: item.name,
        argument: item.argument,
        ...(item.at && { at: item.at }),
        depth: open.length - 1,
        marks: Array.from({ length: samples }, () => null),
      };
      const inner = classes.find((each) => each.toLowerCase() === item.name);
      if (inner === undefined || open.includes(inner) || open.length > 20) return [entry];
      return [entry, ...read(inner, [...open, inner])];
    });
  return read(name, [name]);
}

function run(
  configuration: Configuration,
  sample: Sample,
  domain: string,
  host: Pick<World, 'hostname' | 'interfaces'>,
): Verdict {
  const world: World = { ...host, resolver: sampleResolver(sample.day, domain), users: ['postmaster'] };
  // Nothing in this world answers later, so the verdict is there at once.
  return simulate(configuration, sample.transaction, world) as Verdict;
}

/** Writes down what each entry did with the sample. Steps come in the order of the lists. */
function mark(lists: ListDraft[], { steps, decidedBy }: Verdict, sample: number, samples: number): void {
  const passed = new Map<ListDraft, number>();
  let behind = -1;
  const listNamed = (name: string): ListDraft => {
    let index = lists.findIndex((list) => list.name === name);
    // A parameter that decides by itself stands where it is looked at.
    if (index < 0) lists.splice((index = behind + 1), 0, { name, entries: [] });
    behind = index;
    return lists[index]!;
  };
  const put = (step: Pick<Step, 'list' | 'restriction' | 'argument' | 'file' | 'line' | 'result'>): void => {
    const list = listNamed(step.list);
    const from = passed.get(list) ?? 0;
    const name = step.restriction.toLowerCase();
    let at = list.entries.findIndex(
      (entry, index) => index >= from && isEntry(entry, name, step.argument ?? ''),
    );
    if (at < 0) {
      at = list.entries.length;
      list.entries.push({
        text: [step.restriction, step.argument].filter(Boolean).join(' '),
        name,
        argument: step.argument ?? '',
        ...(step.file !== null &&
          step.line !== null && { at: { file: step.file, line: step.line, column: 1 } }),
        depth: 0,
        marks: Array.from({ length: samples }, () => null),
      });
    }
    list.entries[at]!.marks[sample] = step.result;
    passed.set(list, at + 1);
  };
  for (const step of steps) put(step);
  // What decides without a step of its own: a limit, or a command that the port does not take.
  if (decidedBy && !steps.some(({ list, result }) => list === decidedBy.list && result !== 'dunno'))
    put({ ...decidedBy, result: 'reject' });
}

function isEntry(entry: EntryDraft, name: string, argument: string): boolean {
  if (entry.name === name && (entry.argument === argument || argument === '')) return true;
  // A bare table, and an entry whose argument came out of an expression.
  return entry.name === argument.toLowerCase() && name === '';
}

function resultOf({ id, title, wanted }: Sample, verdict: Verdict): SampleResult {
  const { unknown, possible } = verdict;
  const [first] = possible;
  const outcome = first?.outcome ?? verdict.outcome;
  const told = {
    id,
    title,
    wanted,
    outcome: outcome === 'unknown' ? 'defer' : outcome,
    reply: first?.reply ?? verdict.reply,
    decidedBy: first?.decidedBy ?? verdict.decidedBy,
    hangsOn: [...new Set(unknown.map(({ name }) => name))],
  } as const;
  const right = isRight(
    wanted,
    told.outcome,
    possible.map((each) => each.outcome),
  );
  return { ...told, ...(right !== undefined && { right }) };
}

/** Mail that is wanted must pass when nobody objects; what is refused only if somebody objects is open. */
function isRight(
  wanted: Sample['wanted'],
  outcome: SampleResult['outcome'],
  possible: readonly Outcome[],
): boolean | undefined {
  const passes = outcome === 'accept' || outcome === 'discard';
  if (wanted === 'accept') return outcome === 'accept';
  if (!passes) return true;
  return possible.some((each) => each !== 'accept' && each !== 'discard') ? undefined : false;
}
