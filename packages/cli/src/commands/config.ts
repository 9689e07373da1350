import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { MainCf, MasterCf } from '@postern/config';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { readConfigFile, readTree, writeFolder, openFolder } from '../config-files.ts';
import { findPostfixVersion } from '../postfix-version.ts';
import { describeDifference, explainParameter, printProblems } from '../print/config.ts';
import type { AddCommands } from '../program.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
  readonly all?: boolean;
  readonly expand?: boolean;
  readonly service?: string;
  readonly hostname?: string;
  readonly to?: string;
  readonly write?: boolean;
}

export const addConfig: AddCommands = (program, { io, action }) => {
  const config = program
    .command('config')
    .description('read, change, check and compare main.cf and master.cf');
  const add = (usage: string, description: string, example: string): Command =>
    config
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  postern config ${example}`);
  const versioned = (command: Command): Command =>
    command.option(
      '--postfix <version>',
      'the Postfix version that reads it (default: the one installed here)',
    );

  versioned(
    add(
      'get <folder> <names...>',
      'print parameters, or overrides such as smtp/inet/smtpd_banner',
      'get /etc/postfix mynetworks',
    ),
  )
    .option('-x, --expand', 'expand $name')
    .action(action((folder: string, names: string[], flags: Flags) => get(io, folder, names, flags)));
  versioned(
    add(
      'set <folder> <name> <value>',
      'set a parameter, or an override such as smtp/inet/smtpd_banner',
      'set /etc/postfix smtpd_helo_required yes',
    ),
  ).action(
    action((folder: string, name: string, value: string, flags: Flags) =>
      edit(io, folder, [[name, value]], flags),
    ),
  );
  versioned(
    add(
      'unset <folder> <names...>',
      'take out parameters or overrides, so that the default holds',
      'unset /etc/postfix relayhost',
    ),
  ).action(
    action((folder: string, names: string[], flags: Flags) =>
      edit(
        io,
        folder,
        names.map((name) => [name, null]),
        flags,
      ),
    ),
  );
  versioned(
    add(
      'explain <name> [folder]',
      'say what a parameter is, does and defaults to, and where it is set',
      'explain smtpd_relay_restrictions /etc/postfix',
    ),
  ).action(
    action((name: string, folder: string | undefined, flags: Flags) => explain(io, name, folder, flags)),
  );
  versioned(
    add('check <folder>', 'say everything that is wrong or doubtful, with the line', 'check /etc/postfix'),
  ).action(action((folder: string, flags: Flags) => check(io, folder, flags)));
  versioned(
    add(
      'effective <folder>',
      'print what the files amount to: value, text as written, origin',
      'effective /etc/postfix --service submission/inet',
    ),
  )
    .option('--all', 'also what no file sets')
    .option('--service <name/type>', 'with the overrides of a service')
    .option('--hostname <name>', "the host's name, from which myhostname follows (default: this host's)")
    .action(action((folder: string, flags: Flags) => showEffective(io, folder, flags)));
  add(
    'diff <a> <b>',
    'say what differs in meaning between two files or folders',
    'diff main.cf.dpkg-dist main.cf',
  ).action(action((a: string, b: string, flags: Flags) => compare(io, a, b, flags)));
  add(
    'merge <base> <ours> <theirs>',
    'bring the changes from base to theirs into ours, and print it',
    'merge main.cf.old main.cf main.cf.new',
  )
    .option('--write', 'write the result into <ours>, when there is no conflict')
    .action(
      action((base: string, ours: string, theirs: string, flags: Flags) =>
        mergeFiles(io, [base, ours, theirs], flags),
      ),
    );
  add(
    'convert <file>',
    'turn a file into a tree in JSON, or such a tree into the file ("-": standard input)',
    'convert main.cf --to json',
  )
    .requiredOption('--to <format>', 'json or text')
    .action(action((file: string, flags: Flags) => convert(io, file, flags)));
};

/** `smtp/inet/name` taken apart; undefined for a parameter of main.cf. */
function asOverride(name: string): { service: string; option: string } | undefined {
  const [service, type, ...rest] = name.split('/');
  return rest.length > 0 && rest[0] !== ''
    ? { service: `${service}/${type}`, option: rest.join('/') }
    : undefined;
}

async function get(io: Io, folder: string, names: readonly string[], flags: Flags): Promise<ExitCode> {
  const { effective, printOrigin } = await import('@postern/config');
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const hostname = await ownHostname(flags);
  const found = names.map((name) => {
    const override = asOverride(name);
    const values = effective({ ...files, version, hostname, ...(override && { service: override.service }) });
    const value = values.get(override?.option ?? name);
    if (!value || (override && value.origin.type !== 'service')) {
      throw new CommandError(
        'unknown',
        `${name} is neither set in ${folder} nor known to Postfix ${version}: mind the spelling`,
      );
    }
    return [name, { value: value.value, raw: value.raw, origin: printOrigin(value.origin) }] as const;
  });
  if (flags.json) printJson(io, { parameters: Object.fromEntries(found) });
  else
    for (const [name, { value, raw }] of found) io.out(`${name} = ${flags.expand ? (value ?? raw) : raw}\n`);
  return exitCode.clean;
}

async function edit(
  io: Io,
  folder: string,
  changes: readonly (readonly [name: string, value: string | null])[],
  flags: Flags,
): Promise<ExitCode> {
  const { printMain, printMaster, removeParameter, setParameter, setServiceOption } =
    await import('@postern/config');
  const files = await openFolder(io, folder);
  let { main } = files;
  let { master } = files;
  for (const [name, value] of changes) {
    const override = asOverride(name);
    if (!override) {
      main = value === null ? removeParameter(main, name) : setParameter(main, name, value);
      continue;
    }
    if (!master) throw new CommandError('unknown', `${folder} has no master.cf to set ${name} in`);
    const [service, type] = override.service.split('/') as [string, 'inet'];
    const version = await findPostfixVersion(flags.postfix);
    master = setServiceOption(master, { name: service, type }, override.option, value, { version });
  }
  const texts = { 'main.cf': printMain(main), ...(master && { 'master.cf': printMaster(master) }) };
  const result = await writeFolder(io, files, texts);
  if (flags.json) printJson(io, result);
  else
    io.out(result.changed.length === 0 ? 'Nothing to change\n' : `Written: ${result.changed.join(', ')}\n`);
  return exitCode.clean;
}

async function explain(io: Io, name: string, folder: string | undefined, flags: Flags): Promise<ExitCode> {
  const version = await findPostfixVersion(flags.postfix);
  const files = folder === undefined ? undefined : await openFolder(io, folder);
  const explanation = await explainParameter(name, version, files);
  if (!explanation)
    throw new CommandError(
      'unknown',
      `no Postfix from 2.0 to 3.12 has a parameter ${name}: mind the spelling`,
    );
  if (flags.json) printJson(io, explanation.data);
  else io.out(explanation.text);
  return exitCode.clean;
}

async function check(io: Io, folder: string, flags: Flags): Promise<ExitCode> {
  const { validate } = await import('@postern/config');
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const problems = validate({ main: files.main, ...(files.master && { master: files.master }), version });
  if (flags.json) printJson(io, { target: files.directory, postfix: version, problems });
  else await printProblems(io, problems, files, version);
  return problems.some(({ level }) => level !== 'note') ? exitCode.findings : exitCode.clean;
}

async function showEffective(io: Io, folder: string, flags: Flags): Promise<ExitCode> {
  const { effective, printOrigin, syntaxProblems } = await import('@postern/config');
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const hostname = await ownHostname(flags);
  const values = effective({
    ...files,
    version,
    hostname,
    ...(flags.service !== undefined && { service: flags.service }),
  });
  const shown = flags.all ? values.all() : values.names.toSorted().flatMap((name) => values.get(name) ?? []);
  const problems = [
    ...syntaxProblems(files.main),
    ...(files.master ? syntaxProblems(files.master) : []),
    ...values.problems,
  ];
  if (flags.json) {
    const parameters = shown.map(({ name, value, raw, origin }) => [
      name,
      { value, raw, origin: printOrigin(origin) },
    ]);
    printJson(io, { parameters: Object.fromEntries(parameters), problems });
  } else {
    for (const { name, value, raw, origin } of shown)
      io.out(`${name} = ${value ?? raw}  # ${printOrigin(origin)}\n`);
    if (problems.length > 0) await printProblems(io, problems, files, version);
  }
  return problems.some(({ level }) => level === 'error') ? exitCode.findings : exitCode.clean;
}

async function compare(io: Io, a: string, b: string, flags: Flags): Promise<ExitCode> {
  const { diff } = await import('@postern/config');
  const [before, after] = [await readTree(io, a), await readTree(io, b)];
  const differences = [
    ...diff(before.main ?? (await empty()).main, after.main ?? (await empty()).main),
    ...diff(before.master ?? (await empty()).master, after.master ?? (await empty()).master),
  ];
  if (flags.json) printJson(io, { differences });
  else if (differences.length === 0) io.out('No difference in meaning\n');
  else for (const difference of differences) io.out(`${describeDifference(io, difference)}\n`);
  return differences.length === 0 ? exitCode.clean : exitCode.findings;
}

async function empty(): Promise<{ main: MainCf; master: MasterCf }> {
  const { parseMain, parseMaster } = await import('@postern/config');
  return { main: parseMain(''), master: parseMaster('') };
}

async function mergeFiles(io: Io, paths: readonly [string, string, string], flags: Flags): Promise<ExitCode> {
  const { merge, printMain, printMaster } = await import('@postern/config');
  const [base, ours, theirs] = [
    await readTree(io, paths[0]),
    await readTree(io, paths[1]),
    await readTree(io, paths[2]),
  ];
  if (base.main && ours.main && theirs.main && !ours.master) {
    const { tree, ...rest } = merge(base.main, ours.main, theirs.main);
    return finishMerge(io, paths[1], printMain(tree), rest, flags);
  }
  if (base.master && ours.master && theirs.master && !ours.main) {
    const { tree, ...rest } = merge(base.master, ours.master, theirs.master);
    return finishMerge(io, paths[1], printMaster(tree), rest, flags);
  }
  throw new CommandError('usage', 'give three files of one kind: three main.cf, or three master.cf');
}

async function finishMerge(
  io: Io,
  ours: string,
  text: string,
  { taken, conflicts }: Pick<import('@postern/config').Merge<unknown>, 'taken' | 'conflicts'>,
  flags: Flags,
): Promise<ExitCode> {
  for (const conflict of flags.json ? [] : conflicts) {
    io.err(
      `conflict: ours   ${describeDifference(io, conflict.ours)}\n          theirs ${describeDifference(io, conflict.theirs)}\n`,
    );
  }
  if (flags.write && conflicts.length === 0) {
    const { applyToFolder } = await import('@postern/controller');
    const path = resolve(io.cwd, ours);
    await applyToFolder(dirname(path), { [basename(path)]: text }, { signal: io.signal });
  }
  if (flags.json) printJson(io, { text, taken, conflicts });
  else if (!flags.write) io.out(text);
  return conflicts.length === 0 ? exitCode.clean : exitCode.findings;
}

async function convert(io: Io, file: string, flags: Flags): Promise<ExitCode> {
  const { parseMain, parseMaster, printMain, printMaster, treeFromJson } = await import('@postern/config');
  if (flags.to !== 'json' && flags.to !== 'text') throw new CommandError('usage', '--to takes json or text');
  const { text, kind } = await readConfigFile(io, file);
  if (flags.to === 'json') {
    printJson(io, kind === 'master' ? parseMaster(text) : parseMain(text));
    return exitCode.clean;
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new CommandError(
      'unknown',
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const read = treeFromJson(data);
  if ('problem' in read)
    throw new CommandError('unknown', `${file} is no tree of a configuration: ${read.problem}`);
  io.out(read.tree.type === 'main-cf' ? printMain(read.tree) : printMaster(read.tree));
  return exitCode.clean;
}

async function ownHostname({ hostname }: Flags): Promise<string> {
  return hostname ?? (await import('node:os')).hostname();
}
