import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { effective, parseMain, parseMaster, printOrigin } from '@postern/config';
import { applyToFolder, readFolder, type ConfigFolder } from '@postern/controller';
import { audit, harden, type Configuration, type HardeningPlan } from '@postern/hardening';
import { ansiPalette, applyPlan, isEmpty, renderDiff, type Finding } from '@postern/plan';
import { installedVersion, readBack } from './postfix.ts';

export interface Walk {
  /** The configuration folder; it is only read unless `apply` is set. */
  readonly folder: string;
  readonly version: string;
  /** Apply to the folder itself, not only to the copy. */
  readonly apply: boolean;
}

const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

/** Walks every station and prints it. */
export async function walk({ folder, version, apply }: Walk): Promise<void> {
  const host = await readFolder(folder);
  station('Facts', `what is so in ${host.directory}`);
  printFacts(host, version);

  station('Findings', 'what is wrong, and where');
  const findings = audit(configurationOf(host, version));
  printFindings(findings);

  station('Plan', 'what to do, and why');
  const plan = planFor(host, version);
  if (plan.obstacles.length > 0) {
    printFindings(plan.obstacles);
    throw new Error(`Postfix cannot read ${host.directory}: mend the above first, nothing was written`);
  }
  const after = applyPlan(host.files, plan);
  print(renderDiff(host.files, after, { plan, ...(color && { palette: ansiPalette }) }).trimEnd());
  for (const { message } of plan.notes) print(`left alone: ${message}`);

  const copy = await mkdtemp(join(tmpdir(), 'postern-'));
  for (const name of ['main.cf', 'master.cf']) {
    if (host.files[name] !== undefined)
      await cp(join(host.directory, name), join(copy, name), { preserveTimestamps: true });
  }
  station('Apply', `to a copy in ${copy}`);
  const applied = await applyToFolder(copy, plan);
  print(applied.status === 'applied' ? `written: ${applied.changed.join(', ')}` : 'nothing to write');

  station('Verify', 'the result, read anew');
  const result = await readFolder(copy);
  const left = audit(configurationOf(result, version));
  print(`audit: ${findings.length} findings before, ${left.length} after`);
  printFindings(left);
  print(`second plan: ${isEmpty(planFor(result, version)) ? 'empty' : 'NOT EMPTY'}`);
  await compareWithPostfix(result, version);

  if (apply) {
    const real = await applyToFolder(host.directory, plan, { basedOn: host });
    print(
      `\n${host.directory}: ${real.status}${real.id === undefined ? '' : ` (undo: npx postern rollback ${host.directory})`}`,
    );
    if (real.remaining.length > 0) print('Now tell Postfix: postfix reload');
  } else {
    print(`\nThe hardened configuration is in ${copy}`);
    print(`${host.directory} was not touched.`);
  }
}

function configurationOf({ files, directory }: ConfigFolder, version: string): Configuration {
  return { main: files['main.cf']!, master: files['master.cf'] ?? '', version, directory };
}

function planFor(host: ConfigFolder, version: string): HardeningPlan {
  return harden(configurationOf(host, version), {
    profile: 'internet-mx',
    target: host.directory,
    ownResolver: true,
  });
}

function printFacts(host: ConfigFolder, version: string): void {
  const { files } = host;
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
async function compareWithPostfix({ files }: ConfigFolder, version: string): Promise<void> {
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
