import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyToFolder, readFolder } from '@postern/controller';
import { audit, reportAudit } from '@postern/hardening';
import { applyPlan } from '@postern/plan';
import type { Chapter } from './chapter.ts';
import { applyToCopy } from './chapters/apply.ts';
import { tellFacts } from './chapters/facts.ts';
import { findingLines, tellFindings } from './chapters/findings.ts';
import { tellMail } from './chapters/mail.ts';
import { tellPlan } from './chapters/plan.ts';
import { tellRelay } from './chapters/relay.ts';
import { verify } from './chapters/verify.ts';
import { writeReport } from './report.ts';
import { configurationOf, planFor, type Subject } from './subject.ts';
import { printLines, printStation } from './terminal.ts';

export interface WalkOptions {
  /** Whether the folder itself is to be changed in the end, and not only a copy of it. */
  readonly apply?: boolean;
  /** Stations before the facts. */
  readonly before?: readonly Chapter[];
  /** Stations between what is wrong and what to do about it. */
  readonly between?: readonly Chapter[];
}

/**
 * Walks every station, prints it as it comes, and writes the report. What is walked on is only read, unless a folder
 * is to be changed itself.
 */
export async function walk(
  subject: Subject,
  { apply = false, before = [], between = [] }: WalkOptions = {},
): Promise<void> {
  const { folder: host } = subject;
  const configuration = configurationOf(subject);
  const chapters: Chapter[] = [];
  const tell = (chapter: Chapter): void => {
    chapters.push(chapter);
    printStation(chapter.name, chapter.what);
    printLines(chapter.lines);
  };

  for (const chapter of before) tell(chapter);
  tell(tellFacts(subject));
  const findings = audit(configuration);
  const plan = planFor(subject);
  const seen = reportAudit(configuration, { target: subject.name, findings, plan });
  tell(tellFindings(seen));
  if (plan.obstacles.length > 0) {
    printLines(findingLines(plan.obstacles));
    throw new Error(`Postfix cannot read ${subject.name}: mend the above first, nothing was written`);
  }
  tell(tellRelay(seen));
  tell(tellMail(seen));
  for (const chapter of between) tell(chapter);

  tell(tellPlan(plan, host.files, applyPlan(host.files, plan)));
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  const copy = join(folder, 'postfix');
  tell(await applyToCopy(host.files, plan, copy));
  tell(await verify({ ...subject, folder: await readFolder(copy) }, findings.length));

  const report = join(folder, 'report.html');
  await writeReport(report, subject, chapters);
  printStation('Report', 'all of this with pictures, on one page');
  console.log(report);

  if (apply) {
    const real = await applyToFolder(host.directory, plan, { basedOn: host });
    console.log(
      `\n${host.directory}: ${real.status}${real.id === undefined ? '' : ` (undo: npx postern rollback ${host.directory})`}`,
    );
    if (real.remaining.length > 0) console.log('Now tell Postfix: postfix reload');
    return;
  }
  console.log(`\nThe hardened configuration is in ${copy}`);
  console.log(`${subject.name} was not touched.`);
  if (subject.next !== undefined) console.log(`To go on: ${subject.next}`);
}
