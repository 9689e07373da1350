import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { ListenAddress, PolicySettings } from '@postern/policy';
import { CommandError, exitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { defaultLog, openLineLog } from '../log-lines.ts';
import { printPlan } from '../print/plan.ts';
import type { AddCommands, CommandContext } from '../program.ts';
import { applyToTarget, readToChange, type ApplyFlags } from '../apply-to-target.ts';
import { targetHelp } from '../host-target.ts';
import { addTargetOptions, openTarget } from '../target.ts';

export const addPolicy: AddCommands = (program, context) => {
  const policy = program
    .command('policy')
    .description("a resident policy server for Postfix's check_policy_service");
  addServe(policy, context);
  addQuery(policy, context);
  addImport(policy, context);
  addWire(policy, context);
};

function addServe(policy: Command, { io, action }: CommandContext): void {
  policy
    .command('serve')
    .description('answer smtpd until told to stop; SIGHUP reads the settings again')
    .requiredOption('--config <file>', 'settings, in YAML or JSON')
    .option('--listen <address...>', 'unix:PATH, HOST:PORT, stdio or systemd')
    .option('--dry-run', 'decide and log, but answer DUNNO')
    .option(
      '--log <where>',
      'stderr, syslog, none, or a file; by default stderr, and syslog where that is the connection (spawn)',
    )
    .option('--check', 'read the settings, say what is wrong with them, and exit')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern policy serve --config policy.yaml --listen unix:/var/spool/postfix/private/policy\n' +
        '  postern policy serve --config policy.yaml --check',
    )
    .action(
      action(async (flags: ServeFlags) => {
        const { settings } = await readSettings(io, flags.config);
        const addresses = await readAddresses(flags.listen ?? []);
        if (flags.check) {
          io.out(`${flags.config}: ${settings.handlers.map(({ type }) => type).join(', ')}\n`);
          return exitCode.clean;
        }
        if (addresses.length === 0)
          throw new CommandError(
            'usage',
            'say where to listen: --listen unix:PATH, HOST:PORT, stdio or systemd',
          );
        await serve(io, flags, addresses, settings);
        return exitCode.clean;
      }),
    );
}

interface ServeFlags {
  readonly config: string;
  readonly listen?: readonly string[];
  readonly dryRun?: boolean;
  readonly log?: string;
  readonly check?: boolean;
}

/** Milliseconds that what has begun may still take when the server is told to stop: one SPF check and some. */
const graceOnStop = 30_000;

async function serve(
  io: Io,
  flags: ServeFlags,
  addresses: readonly ListenAddress[],
  first: PolicySettings,
): Promise<void> {
  const { createPolicyServer, makeHandlers, serveMetrics } = await import('@postern/policy');
  const logger = openLineLog(io, flags.log ?? defaultLog(), 'postern-policy');
  const optionsOf = (settings: PolicySettings) => ({ dryRun: flags.dryRun ?? settings.dryRun ?? false });
  let made = await makeHandlers(first, { logger });
  const server = createPolicyServer({ handlers: made.handlers, logger, ...optionsOf(first) });
  const metrics =
    first.metrics === undefined
      ? undefined
      : await serveMetrics(first.metrics, () => server.metrics() + made.metrics());

  const reload = async (): Promise<void> => {
    try {
      const { settings } = await readSettings(io, flags.config);
      if (settings.metrics !== first.metrics)
        logger.warn({ metrics: settings.metrics }, 'metrics move to another address with a restart only');
      const old = made;
      made = await makeHandlers(settings, { logger, memory: old.memory });
      await server.reload({ handlers: made.handlers, ...optionsOf(settings) });
      await old.close();
    } catch (error) {
      // What runs goes on as it is.
      logger.error({}, `settings not reloaded: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  // One after the other: the one that was asked for last wins.
  let reloading = Promise.resolve();
  const onHangup = (): void => void (reloading = reloading.then(reload));
  process.on('SIGHUP', onHangup);
  const stop = (): void => void server.close(graceOnStop);
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    for (const address of addresses) logger.info({ listen: await server.listen(address) }, 'listening');
    await server.finished;
  } finally {
    process.off('SIGHUP', onHangup);
    io.signal.removeEventListener('abort', stop);
    await server.close();
    await metrics?.close();
    await reloading;
    await made.close();
    await logger.close();
  }
}

/** Reads where to listen. */
async function readAddresses(texts: readonly string[]): Promise<ListenAddress[]> {
  const { parseListenAddress } = await import('@postern/policy');
  try {
    return texts.map((text) => parseListenAddress(text));
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : String(error));
  }
}

/** Reads settings, or says by line what is wrong with them. */
async function readSettings(io: Io, file: string): Promise<{ settings: PolicySettings }> {
  const { parsePolicySettings } = await import('@postern/policy');
  const { settings, problems } = parsePolicySettings(readText(io, file));
  if (settings) return { settings };
  const lines = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  throw new CommandError('usage', `the settings are not used:\n${lines.join('\n')}`);
}

function readText(io: Io, file: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new CommandError(
      'unknown',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function addQuery(policy: Command, { io, action }: CommandContext): void {
  policy
    .command('query')
    .description('answer the request on standard input once, and say why')
    .requiredOption('--config <file>', 'settings, in YAML or JSON')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  postern policy query --config policy.yaml < request')
    .action(
      action(async (flags: { readonly config: string; readonly json?: boolean }) => {
        const { settings } = await readSettings(io, flags.config);
        const { decide, makeHandlers, printAction, readRequest } = await import('@postern/policy');
        const lines = (await io.readInput()).split('\n').filter((line) => line !== '');
        const broken = lines.find((line) => !line.includes('='));
        if (lines.length === 0 || broken !== undefined)
          throw new CommandError(
            'usage',
            `a request is name=value lines; found ${JSON.stringify(broken ?? '')}`,
          );
        const attributes = Object.fromEntries(
          lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
        );
        const silent = { info() {}, warn() {}, error() {} };
        await using made = await makeHandlers(settings, { logger: silent });
        const decision = await decide(made.handlers, readRequest(attributes), io.signal);
        const answers =
          decision.action.type === 'dunno' && decision.prepends.length > 0
            ? decision.prepends
            : [decision.action];
        if (flags.json) {
          printJson(io, { answers: answers.map((answer) => printAction(answer)), ...decision });
        } else {
          for (const answer of answers) io.out(`action=${printAction(answer)}\n`);
          for (const note of decision.notes) io.err(`${note}\n`);
          for (const { handler, message } of decision.failures) io.err(`${handler} failed: ${message}\n`);
        }
        return decision.failures.length === 0 ? exitCode.clean : exitCode.unknown;
      }),
    );
}

function addImport(policy: Command, { io, action }: CommandContext): void {
  policy
    .command('import')
    .description('turn a policyd-spf configuration into ours, printed as JSON')
    .argument('<file>', 'for example /etc/postfix-policyd-spf-python/policyd-spf.conf')
    .addOption(new Option('--receiver <name>', 'the name in headers').default(hostname(), "this host's"))
    .addHelpText(
      'after',
      '\nExample:\n  postern policy import /etc/postfix-policyd-spf-python/policyd-spf.conf > policy.json',
    )
    .action(
      action(async (file: string, flags: { readonly receiver: string }) => {
        const { importPolicydSpf } = await import('@postern/policy');
        const { settings, notes } = importPolicydSpf(readText(io, file), flags.receiver);
        printJson(io, settings);
        for (const { line, message } of notes) io.err(`${file}:${line}: ${message}\n`);
        return notes.length === 0 ? exitCode.clean : exitCode.findings;
      }),
    );
}

function addWire(policy: Command, { io, action }: CommandContext): void {
  addTargetOptions(
    policy
      .command('wire')
      .description('show (or with --apply write) what makes smtpd ask the policy server')
      .argument('<target>', targetHelp),
  )
    .option('--service <address>', 'where it listens: unix:PATH or inet:HOST:PORT', 'unix:private/policy')
    .option('--spawn <argv>', 'run it under spawn(8) instead, with this command line')
    .option('--user <name>', 'the user it runs as under spawn', 'nobody')
    .option('--apply', 'write it, so that postern rollback undoes it')
    .option('--confirm-within <time>', 'with --apply on a host: undo it after this time unless confirmed')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the plan as JSON, with --apply what came of it')
    .addHelpText('after', '\nExample:\n  postern policy wire /etc/postfix --service unix:private/policy')
    .action(
      action(async (name: string, flags: WireFlags) => {
        await using target = openTarget(io, name, flags);
        const read = flags.apply ? await readToChange(io, target, flags) : await target.read();
        const { folder } = read;
        const { planPolicyService } = await import('@postern/policy');
        const plan = planPolicyService(
          {
            main: folder.files['main.cf']!,
            master: folder.files['master.cf'] ?? '',
            version: read.configuration.version,
          },
          flags.spawn === undefined
            ? { type: 'resident', service: flags.service }
            : { type: 'spawn', name: 'policy', argv: flags.spawn, user: flags.user },
          folder.directory,
        );
        if (flags.apply) return await applyToTarget(io, target, read, plan, flags);
        const { applyPlan, isEmpty, redactPlan } = await import('@postern/plan');
        if (flags.json) printJson(io, redactPlan(plan));
        else await printPlan(io, plan, folder.files, applyPlan(folder.files, plan));
        return isEmpty(plan) ? exitCode.clean : exitCode.findings;
      }),
    );
}

interface WireFlags extends ApplyFlags {
  readonly service: string;
  readonly spawn?: string;
  readonly user: string;
  readonly apply?: boolean;
}
