import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Amount, FleetHost, HostWork, Inventory, Strategy } from '@postern/fleet';
import { CommandError } from '../exit.ts';
import { addHardeningOptions } from '../hardening-options.ts';
import { addLoginOptions, loginOf, type LoginFlags } from '../host-target.ts';
import type { Io } from '../io.ts';
import type { FleetPlanFlags } from './plan.ts';

export interface InventoryFlags extends LoginFlags {
  readonly limit?: string;
  readonly concurrency: string;
  readonly json?: boolean;
}

export interface PlaceFlags {
  readonly journal?: string;
  readonly redis?: string;
  readonly work?: boolean;
}

export interface StrategyFlags {
  readonly canary?: string;
  readonly waves?: string;
  readonly maxFailures?: string;
  readonly pauseAfter?: 'nothing' | 'canary' | 'every-wave';
  readonly soak?: string;
}

export interface ApplyFlags extends InventoryFlags, PlaceFlags, StrategyFlags, FleetPlanFlags {
  readonly confirmWithin?: string;
  readonly html?: string;
  readonly yes?: boolean;
  readonly anew?: boolean;
}

export const inventoryHelp = 'an inventory: our YAML, or one of Ansible as INI or YAML';

export function addInventoryOptions(command: Command): Command {
  return addLoginOptions(command.argument('<inventory>', inventoryHelp))
    .option('--limit <pattern>', 'only these hosts and groups: mx,relay1,!mail07*')
    .option('--concurrency <count>', 'hosts at a time', '20')
    .option('--json', 'print JSON');
}

export function addPlanOptions(command: Command): Command {
  return addHardeningOptions(command)
    .option('--postfix <version>', 'the Postfix version to plan for (default: each host’s own)')
    .option('--plan <file>', 'roll out this plan (JSON) in place of a profile');
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--journal <file>', 'where the rollout is written down (default: INVENTORY.rollout.jsonl)')
    .option('--redis <url>', 'over several machines: where `postern fleet worker` gets its work');
}

export function addStrategyOptions(command: Command): Command {
  return command
    .option('--canary <who>', 'who goes first and may not fail: a count, a share or names (default: 1)')
    .option('--waves <sizes>', 'sizes of the waves after it, the last repeats: 5,25%,50% (default: 100%)')
    .option('--max-failures <amount>', 'stop when more have failed: a count or a share (default: 0)')
    .addOption(
      new Option('--pause-after <where>', 'pause until `postern fleet resume`').choices([
        'nothing',
        'canary',
        'every-wave',
      ]),
    )
    .option('--soak <time>', 'wait between waves, for trouble to show (30s, 5m)');
}

/** @throws CommandError for a time that is none */
export async function strategyOf(flags: StrategyFlags): Promise<Strategy> {
  const { canary, waves, maxFailures, pauseAfter, soak } = flags;
  return {
    ...(canary !== undefined && { canary: amount(canary) ?? canary.split(',') }),
    ...(waves !== undefined && { waves: waves.split(',').map((text) => amountOf('--waves', text)) }),
    ...(maxFailures !== undefined && { maxFailures: amountOf('--max-failures', maxFailures) }),
    ...(pauseAfter !== undefined && { pauseAfter }),
    ...(soak !== undefined && { soak: await milliseconds('--soak', soak) }),
  };
}

function amount(text: string): Amount | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?%$/.test(trimmed)) return trimmed as Amount;
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

function amountOf(option: string, text: string): Amount {
  const found = amount(text);
  if (found !== undefined) return found;
  throw new CommandError('usage', `${option} takes counts and shares such as 5 or 10%, not "${text}"`);
}

export async function milliseconds(option: string, text: string): Promise<number> {
  const { parseDuration } = await import('@postern/config');
  const seconds = parseDuration(text, 's') ?? Number.NaN;
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= 86_400) return seconds * 1000;
  throw new CommandError('usage', `${option} ${text}: write a time up to a day, for example 30s or 5m`);
}

export function concurrencyOf({ concurrency }: InventoryFlags): number {
  const count = Number(concurrency);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new CommandError('usage', `--concurrency takes a count from 1 to 1000, not "${concurrency}"`);
}

/** Reads an inventory, says what is wrong with it, and selects. @throws CommandError when nobody is left */
export async function readHosts(
  io: Io,
  file: string,
  { limit }: InventoryFlags,
): Promise<{ readonly inventory: Inventory; readonly hosts: readonly FleetHost[] }> {
  const { printProblem, readInventory, selectHosts } = await import('@postern/fleet');
  const inventory = await readInventory(resolve(io.cwd, file));
  for (const problem of inventory.problems) io.err(`postern: ${printProblem(problem)}\n`);
  const hosts = limit === undefined ? inventory.hosts : selectHosts(inventory, limit);
  if (hosts.length > 0) return { inventory, hosts };
  throw new CommandError('unknown', `${file}: there is no host that could be worked on`);
}

/** How hosts are opened: what the inventory says comes before the options. */
export async function connectWith(io: Io, flags: LoginFlags): Promise<HostWork['connect']> {
  const { connectTo } = await import('@postern/fleet');
  // A host that is under way goes to its end, whoever presses Ctrl-C; and nobody is asked for a password a host.
  const { signal: _signal, password: _password, passphrase, ...rest } = loginOf(io, flags);
  const login = { ...rest, ...(passphrase && { passphrase: oncePerKey(passphrase) }) };
  return (host) => connectTo(host, login);
}

/** Many hosts take the same key: its passphrase is asked for once. */
function oncePerKey<T>(ask: (key: string) => T): (key: string) => T {
  const answers = new Map<string, T>();
  return (key) => {
    if (!answers.has(key)) answers.set(key, ask(key));
    return answers.get(key)!;
  };
}

/** Where the rollout of an inventory is written down. */
export function journalOf(io: Io, inventory: string, { journal }: PlaceFlags): string {
  return resolve(io.cwd, journal ?? `${inventory}.rollout.jsonl`);
}
