import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { effective, encodeText, parseMain, parseMaster, printOrigin } from '@postern/config';
import { applyToFolder, readFolder, type ConfigFolder } from '@postern/controller';
import { audit, harden, type Configuration, type HardeningPlan } from '@postern/hardening';
import { ansiPalette, applyPlan, isEmpty, renderDiff, type Finding } from '@postern/plan';
import { installedVersion, readBack } from './postfix.ts';

/** What the road is walked on. */
export interface Subject {
  /** As commands name it: a folder or `ssh://…`. */
  readonly name: string;
  readonly folder: Pick<ConfigFolder, 'directory' | 'files' | 'fingerprints'>;
  readonly version: string;
  /** What else is so of it, a line each. */
  readonly facts?: readonly string[];
  /** Whether it resolves names by itself, as block lists want. */
  readonly ownResolver: boolean;
  /** How the road goes on, where it ends before the apply. */
  readonly next?: string;
}

const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';

/** A configuration folder of this machine. */
export async function readExample(folder: string, version: string): Promise<Subject> {
  const read = await readFolder(folder);
  return { name: read.directory, folder: read, version, ownResolver: true };
}

/**
 * Walks every station and prints it. What is walked on is only read, unless a folder is to be changed itself and not
 * only in a copy.
 */
export async function walk(subject: Subject, { apply = false }: { apply?: boolean } = {}): Promise<void> {
  const { folder: host } = subject;
  station('Facts', `what is so ${subject.facts ? 'on' : 'in'} ${subject.name}`);
  for (const fact of subject.facts ?? []) print(fact);
  printFacts(subject);

  station('Findings', 'what is wrong, and where');
  const findings = audit(configurationOf(subject));
  printFindings(findings);

  station('Plan', 'what to do, and why');
  const plan = planFor(subject);
  if (plan.obstacles.length > 0) {
    printFindings(plan.obstacles);
    throw new Error(`Postfix cannot read ${subject.name}: mend the above first, nothing was written`);
  }
  const after = applyPlan(host.files, plan);
  print(renderDiff(host.files, after, { plan, ...(color && { palette: ansiPalette }) }).trimEnd());
  for (const { message } of plan.notes) print(`left alone: ${message.replace(/\bInput: (\w+)/, optionFor)}`);

  const copy = await mkdtemp(join(tmpdir(), 'postern-'));
  for (const name of ['main.cf', 'master.cf']) {
    if (host.files[name] !== undefined) await writeFile(join(copy, name), encodeText(host.files[name]));
  }
  station('Apply', `to a copy in ${copy}`);
  const applied = await applyToFolder(copy, plan);
  print(applied.status === 'applied' ? `written: ${applied.changed.join(', ')}` : 'nothing to write');

  station('Verify', 'the result, read anew');
  const result: Subject = { ...subject, folder: await readFolder(copy) };
  const left = audit(configurationOf(result));
  print(`audit: ${findings.length} findings before, ${left.length} after`);
  printFindings(left);
  print(`second plan: ${isEmpty(planFor(result)) ? 'empty' : 'NOT EMPTY'}`);
  await compareWithPostfix(result);

  if (apply) {
    const real = await applyToFolder(host.directory, plan, { basedOn: host });
    print(
      `\n${host.directory}: ${real.status}${real.id === undefined ? '' : ` (undo: npx postern rollback ${host.directory})`}`,
    );
    if (real.remaining.length > 0) print('Now tell Postfix: postfix reload');
  } else {
    print(`\nThe hardened configuration is in ${copy}`);
    print(`${subject.name} was not touched.`);
    if (subject.next !== undefined) print(`To go on: ${subject.next}`);
  }
}

/** The command line's name for an input that a note asks for. */
function optionFor(_: string, input: string): string {
  const option =
    input === 'tls' ? 'cert and --key' : input.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `Say so with npx postern plan … --${option}`;
}

function configurationOf({ folder, version }: Subject): Configuration {
  const { files, directory } = folder;
  return { main: files['main.cf']!, master: files['master.cf'] ?? '', version, directory };
}

function planFor(subject: Subject): HardeningPlan {
  return harden(configurationOf(subject), {
    profile: 'internet-mx',
    target: subject.name,
    ...(subject.ownResolver && { ownResolver: true }),
  });
}

function printFacts({ folder: { files }, version }: Subject): void {
  const main = parseMain(files['main.cf']!);
  const master = parseMaster(files['master.cf'] ?? '');
  const values = effective({ main, master, version });
  const services = master.entries.filter(({ type }) => type === 'service');
  print(`Postfix ${version}; ${values.names.length} parameters set, ${services.length} services`);
  for (const name of ['myhostname', 'mydestination', 'mynetworks', 'relay_domains', 'compatibility_level']) {
    const parameter = values.get(name);
    if (!parameter) continue;
    print(`  ${name} = ${parameter.value ?? parameter.raw}  (${printOrigin(parameter.origin)})`);
  }
}

function printFindings(findings: readonly Finding[]): void {
  const paints = { error: 'red', warning: 'yellow', note: 'cyan' } as const;
  for (const { at, level, message, rule } of findings) {
    const place = at ? `${at.file}:${at.line}` : '';
    print(`${place.padEnd(14)} ${paint(paints[level], level.padEnd(7))} ${message}  ${paint('dim', rule)}`);
  }
}

/** Holds our reading of the result against the Postfix of this machine, where there is one. */
async function compareWithPostfix({ folder: { files }, version }: Subject): Promise<void> {
  const installed = await installedVersion();
  if (installed === undefined) {
    print('real postconf: not installed here, so not asked');
    return;
  }
  const read = await readBack(files);
  const ours = effective({ main: parseMain(files['main.cf']!), version });
  // postconf prints one space for each stretch of white space.
  const different = ours.names.filter(
    (name) => read.get(name) !== ours.get(name)?.raw.replaceAll(/\s+/g, ' '),
  );
  const verdict = different.length === 0 ? 'agrees on all of them' : `differs on ${different.join(', ')}`;
  print(`real postconf ${installed}: reads ${ours.names.length} parameters and ${verdict}`);
}

function station(name: string, what: string): void {
  print(`\n${paint('bold', name)}: ${what}\n`);
}

function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return color ? styleText(format, text) : text;
}

function print(text: string): void {
  console.log(text);
}
