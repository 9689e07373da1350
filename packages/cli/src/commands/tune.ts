import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  CommitLatency,
  Configuration,
  HostFacts,
  Observation,
  Report,
  TuningPlan,
  Workload,
} from '@postern/tuning';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { targetHelp } from '../host-target.ts';
import { printPlan } from '../print/plan.ts';
import { printDiagnoses, printHost, printRecommendations } from '../print/tune.ts';
import type { AddCommands } from '../program.ts';
import { addTargetOptions, openTarget, type Target, type TargetFlags } from '../target.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
  readonly html?: string;
  readonly svg?: string;
  readonly workload?: string;
  readonly observe: boolean;
  readonly facts?: string;
  readonly mailLog?: string;
}

interface MeasureFlags extends TargetFlags {
  readonly json?: boolean;
  readonly commit?: boolean;
  readonly directory: string;
  readonly messages: string;
  readonly sessions: string;
  readonly seconds: string;
  readonly workload?: string;
}

export const addTune: AddCommands = (program, { io, action }) => {
  const tune = program
    .command('tune')
    .description('measure what a host bears, and plan the settings that follow');
  const add = (name: string, description: string, example: string): Command =>
    addTargetOptions(
      tune
        .command(name)
        .description(description)
        .argument('<target>', targetHelp)
        .option('--json', 'print one JSON document'),
    ).addHelpText('after', `\nExample:\n  postern tune ${example}`);
  const looking = (command: Command): Command =>
    command
      .option('--html <file>', 'write a report on one page')
      .option('--workload <file>', 'JSON: what the host is asked to do, where the log does not tell')
      .option('--facts <file>', 'output of the probe, recorded on the host; "-" is standard input')
      .option('--mail-log <file>', 'where the mail log is, if not in /var/log')
      .option('--no-observe', 'read neither the mail log nor the queue listing');

  tune
    .command('probe')
    .description('print the script that reads a host: ssh HOST sh -s < probe.sh > facts.txt')
    .addHelpText('after', '\nExample:\n  postern tune probe > probe.sh')
    .action(
      action(async () => {
        const { probeScript } = await import('@postern/tuning');
        io.out(probeScript);
        return exitCode.clean;
      }),
    );
  looking(
    add('show', 'what kind of host it is: disk, kernel, memory, queue', 'show local --html report.html'),
  ).action(
    action(async (target: string, flags: Flags) => {
      const look = await lookAt(io, target, flags);
      if (flags.json) printJson(io, { target, facts: look.facts, table: look.report.table });
      else printHost(io, look.facts, look.report.table);
      return cleanIfRead(look.facts);
    }),
  );
  looking(
    add(
      'recommend',
      'plan settings that follow from the facts, and say what to leave alone; writes nothing',
      'recommend local --workload mail.json',
    ),
  ).action(
    action(async (target: string, flags: Flags) => {
      const { plan, config, facts } = await lookAt(io, target, flags);
      const { applyPlan, isEmpty, redactPlan } = await import('@postern/plan');
      const { sysctlState } = await import('@postern/tuning');
      if (flags.json) {
        printJson(io, {
          ...redactPlan(plan),
          recommendations: plan.recommendations,
          undo: sysctlState(facts, plan),
        });
      } else {
        const files = { 'main.cf': config.main, 'master.cf': config.master };
        await printPlan(io, { ...plan, notes: [] }, files, applyPlan(files, plan));
        await printRecommendations(io, plan.recommendations);
      }
      return isEmpty(plan) ? cleanIfRead(facts) : exitCode.findings;
    }),
  );
  looking(
    add(
      'capacity',
      'what each resource allows in messages a second, and which one binds',
      'capacity local --workload mail.json',
    ),
  )
    .option('--svg <file>', 'write the picture')
    .action(
      action(async (target: string, flags: Flags) => {
        const { facts, report } = await lookAt(io, target, flags);
        const { boundsSvg, boundsText } = await import('@postern/tuning');
        if (flags.svg !== undefined) await writeFile(resolve(io.cwd, flags.svg), boundsSvg(report.bounds));
        if (flags.json) printJson(io, { target, bounds: report.bounds });
        else io.out(boundsText(report.bounds));
        return cleanIfRead(facts);
      }),
    );
  looking(
    add('doctor', 'name what makes a host melt down, and the cure in its order', 'doctor local'),
  ).action(
    action(async (target: string, flags: Flags) => {
      const { facts, report } = await lookAt(io, target, flags);
      const diagnoses = report.diagnoses ?? [];
      if (flags.json) printJson(io, { target, diagnoses });
      else printDiagnoses(io, facts, diagnoses);
      return diagnoses.length === 0 ? cleanIfRead(facts) : exitCode.findings;
    }),
  );
  add(
    'measure',
    'drive messages through a private instance, or measure commits with --commit',
    'measure local --messages 1000',
  )
    .option('--commit', 'measure what a commit costs in the file system of the queue')
    .option('--directory <path>', 'where to measure commits', '/var/spool')
    .option('--messages <n>', 'how many messages', '500')
    .option('--sessions <n>', 'how many at once', '20')
    .option('--seconds <n>', 'the most time it may take', '60')
    .option('--workload <file>', 'JSON: what the host is asked to do')
    .action(action((target: string, flags: MeasureFlags) => measure(io, target, flags)));
};

interface Look {
  readonly facts: HostFacts;
  readonly config: Configuration;
  readonly plan: TuningPlan;
  readonly report: Report;
}

/** Everything that the commands show, from one look at the host. */
async function lookAt(io: Io, name: string, flags: Flags): Promise<Look> {
  const tuning = await import('@postern/tuning');
  await using target = openTarget(io, name, flags);
  const facts = tuning.parseFacts(await probeOutput(io, target, flags));
  for (const { message } of facts.probe.problems) io.err(`postern: ${message}\n`);
  const config = await readConfiguration(target);
  // What a recorded probe says is about another host than this one: its log is not here.
  const observation: Observation =
    flags.observe && flags.facts === undefined
      ? tuning.parseObservation(
          await target.runScript(tuning.observeScript, {
            args: flags.mailLog === undefined ? [] : [pathOn(io, target, flags.mailLog)],
          }),
        )
      : {};
  const workload: Workload = {
    ...tuning.workloadOf(observation),
    ...(await readWorkload(io, flags.workload)),
  };
  const plan = tuning.recommend(facts, config, workload, { target: name });
  const report: Report = {
    target: name,
    facts,
    table: tuning.guideTable(facts, workload.commit),
    plan,
    bounds: tuning.capacity(facts, config, workload),
    diagnoses: tuning.doctor(facts, config, observation, workload),
    observation,
  };
  if (flags.html !== undefined) await writeFile(resolve(io.cwd, flags.html), tuning.reportHtml(report));
  return { facts, config, plan, report };
}

/** Nothing found is good news only about a host that could be read. */
function cleanIfRead({ probe }: HostFacts): ExitCode {
  return probe.problems.length > 0 ? exitCode.unknown : exitCode.clean;
}

async function probeOutput(io: Io, target: Target, { facts }: Flags): Promise<string> {
  if (facts === '-') return io.readInput();
  if (facts !== undefined) return readText(io, facts);
  const { probeScript } = await import('@postern/tuning');
  return target.runScript(probeScript);
}

async function readConfiguration(target: Target): Promise<Configuration> {
  const { folder, configuration } = await target.read();
  const { 'main.cf': main = '', 'master.cf': master = '' } = folder.files;
  return { main, master, version: configuration.version };
}

/** A path on the machine that a target is: what is relative starts where the command was called, if that is this machine. */
function pathOn(io: Io, { kind }: Target, path: string): string {
  return kind === 'ssh' ? path : resolve(io.cwd, path);
}

async function readWorkload(io: Io, file: string | undefined): Promise<Workload> {
  if (file === undefined) return {};
  const data: unknown = parseJson(await readText(io, file));
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new CommandError(
      'usage',
      `${file} holds no workload: write for example {"inbound": {"connectionsPerSecond": 20, "sessionSeconds": 1.5}}`,
    );
  const bad = badNumber(data, file);
  if (bad !== undefined) throw new CommandError('usage', bad);
  return data;
}

/** Every number of a workload is a rate, a time or a share: none is negative. */
function badNumber(value: unknown, path: string): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) && value >= 0 ? undefined : `${path}: ${value} is no rate, time or share`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (/Second|Seconds|p50|p99|Share/.test(key) && typeof inner !== 'number')
      return `${path}: ${key} has to be a number`;
    const bad = badNumber(inner, `${path}: ${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(io: Io, file: string): Promise<string> {
  return readFile(resolve(io.cwd, file), 'latin1').catch((cause: unknown) => {
    throw new CommandError(
      'unknown',
      `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
}

/** Measures, and holds the rate against the bounds. */
async function measure(io: Io, name: string, flags: MeasureFlags): Promise<ExitCode> {
  const tuning = await import('@postern/tuning');
  const whole = (option: 'messages' | 'sessions' | 'seconds', most: number): number => {
    const value = Number(flags[option]);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new CommandError(
        'usage',
        `--${option} takes a whole number from 1 to ${most}, not "${flags[option]}"`,
      );
    return value;
  };
  const seconds = whole('seconds', 3600);
  await using target = openTarget(io, name, flags);
  const timeout = (seconds + 60) * 1000;
  const measureCommit = async (directory: string, most: number): Promise<CommitLatency | undefined> =>
    tuning.parseCommit(
      await target.runScript(tuning.commitScript, { args: [directory, most, 64 * 2 ** 20], timeout }),
    );
  if (flags.commit) {
    const commit = await measureCommit(pathOn(io, target, flags.directory), Math.min(seconds, 30));
    if (!commit)
      throw new CommandError(
        'unknown',
        `cannot measure commits in ${flags.directory}: it has to be a folder that you may write to`,
      );
    if (flags.json) printJson(io, { target: name, commit });
    else printCommit(io, commit);
    return exitCode.clean;
  }
  const args = [whole('messages', 100_000), whole('sessions', 1000), seconds, 2000];
  const config = await readConfiguration(target);
  const given = await readWorkload(io, flags.workload);
  const output = await target.runScript(tuning.throughputScript, {
    args,
    timeout,
    onLine: (line) => {
      const progress = tuning.progressOf(line);
      if (progress !== undefined && io.terminal && !flags.json) io.err(`\r${Math.round(progress * 100)}%`);
    },
  });
  if (io.terminal && !flags.json) io.err('\r');
  const result = tuning.parseThroughput(output);
  if (result.status === 'failed') throw new CommandError('unknown', `nothing was measured: ${result.reason}`);
  const facts = tuning.parseFacts(await target.runScript(tuning.probeScript));
  const { directory } = facts.queue;
  const commit =
    given.commit ??
    (directory.known ? await measureCommit(directory.value.replace(/[^/]*$/, ''), 6) : undefined);
  const { cpuSecondsPerMessage = given.cpuSecondsPerMessage } = result;
  const bounds = tuning.capacity(facts, config, {
    ...given,
    ...(commit && { commit }),
    ...(cpuSecondsPerMessage !== undefined && { cpuSecondsPerMessage }),
  });
  if (flags.json) {
    printJson(io, { target: name, ...result, ...(commit && { commit }), bounds });
  } else {
    io.out(tuning.boundsText(bounds, { measured: result.perSecond }));
    if (result.stopped) io.out(`Stopped after ${seconds} s with ${result.messages} messages delivered.\n`);
    if (result.perSecond > (tuning.bindingBound(bounds)?.perSecond ?? Infinity))
      io.out(
        'The workload that was given waits for more than the private instance does: it asks no service.\n',
      );
  }
  return exitCode.clean;
}

function printCommit(
  io: Io,
  { p50, p99, method, groupedPerSecond, groupedWriters, fsstoneSeconds }: CommitLatency,
): void {
  io.out(`commit ${ms(p50)}, one in a hundred ${p99 === undefined ? 'not known' : ms(p99)} (${method})\n`);
  io.out(
    `one after the other ${Math.floor(1 / p50)}/s, ${groupedPerSecond === undefined ? 'many at once not known' : `${groupedWriters ?? 'many'} at once ${Math.round(groupedPerSecond)}/s`}\n`,
  );
  if (fsstoneSeconds !== undefined) io.out(`fsstone ${ms(fsstoneSeconds)} a message\n`);
}

function ms(seconds: number): string {
  return `${Number((seconds * 1000).toPrecision(3))} ms`;
}
