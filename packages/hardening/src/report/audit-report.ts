import {
  applyPlan,
  maskSecrets,
  redactPlan,
  renderDiff,
  type Files,
  type Finding,
  type Level,
} from '@postern/plan';
import { proveRelay, type RelayProof, type World } from '@postern/simulator';
import { audit } from '../audit.ts';
import type { Configuration } from '../configuration.ts';
import type { HardeningPlan } from '../harden.ts';
import type { ByHand } from '../rule.ts';
import { rules } from '../rules/index.ts';
import { findObstacles } from '../profiles/obstacles.ts';
import { readSubject } from '../subject/read.ts';
import { configurationText } from '../subject/text.ts';
import type { Suppressed } from '../suppress/suppress.ts';
import { restrictionPaths, type RestrictionPath } from './restriction-path.ts';

/** What a report is about besides the configuration. */
export interface ReportOptions {
  /** What the report calls the host; the configuration folder unless told. */
  readonly target?: string;
  /** Default: `audit(configuration)`. */
  readonly findings?: readonly Finding[];
  /** Findings that somebody allows; the report lists them apart. */
  readonly allowed?: Suppressed['allowed'];
  /** What would be changed: the report then shows the host before and after. */
  readonly plan?: HardeningPlan;
  /** What the plan makes of the host, in a word or two: the profile's name. */
  readonly planName?: string;
  /** The host's name and addresses, which decide who is in its own networks by default. */
  readonly world?: Pick<World, 'hostname' | 'interfaces'>;
}

/** A configuration under every aspect that a report shows. Plain JSON data, secrets masked. */
export interface AuditReport {
  readonly target: string;
  readonly postfix: string;
  readonly before: HostReport;
  /** The host after the plan. */
  readonly after?: HostReport & {
    readonly name: string;
    /** Unified diff with the reason of each change. */
    readonly diff: string;
    /** What the plan leaves alone, and what would change that. */
    readonly notes: readonly Finding[];
  };
  /** What was found and is allowed, with the reason and the last day. */
  readonly allowed: Suppressed['allowed'];
  /** What keeps a plan from being made. */
  readonly obstacles: readonly Finding[];
}

/** One state of a host. */
export interface HostReport {
  readonly findings: readonly ReportedFinding[];
  readonly counts: Readonly<Record<Level, number>>;
  /** What Postfix says no to, where it does not read the files: then nothing below is known. */
  readonly unreadable?: string;
  readonly paths: readonly RestrictionPath[];
  readonly relay?: RelayProof;
}

/** A finding with what its rule says about it. */
export interface ReportedFinding extends Finding {
  readonly title: string;
  readonly why: string;
  /** The line that it is about; undefined where something is missing. */
  readonly excerpt?: string;
  /** What its fix changes, as a unified diff. */
  readonly change?: string;
  /** Where there is no fix: why only a person can decide, and how. */
  readonly byHand?: ByHand;
}

/**
 * Looks at a configuration from all sides: what is wrong, what becomes of sample mail in its lists, whether it relays
 * for strangers, and the same for what a plan makes of it. `toHtml` and `toMarkdown` write it down.
 */
export function reportAudit(configuration: Configuration, options: ReportOptions = {}): AuditReport {
  const { target = configuration.directory ?? '/etc/postfix', plan, planName = 'the plan' } = options;
  const findings = options.findings ?? audit(configuration);
  const before = reportHost(configuration, findings, options.world);
  const { allowed = [] } = options;
  const told = {
    target,
    postfix: configuration.version,
    before,
    allowed,
    obstacles: plan?.obstacles ?? [],
  };
  if (!plan || plan.obstacles.length > 0) return maskAll(told);
  const { main, master } = configurationText(configuration);
  const files: Files = { 'main.cf': main, 'master.cf': master };
  const changed = applyPlan(files, plan);
  const next = afterPlan(configuration, changed);
  return maskAll({
    ...told,
    after: {
      ...reportHost(next, audit(next), options.world),
      name: planName,
      diff: renderDiff(files, changed, { plan }),
      notes: plan.notes,
    },
  });
}

function reportHost(
  configuration: Configuration,
  findings: readonly Finding[],
  world: ReportOptions['world'],
): HostReport {
  const [obstacle] = findObstacles(readSubject(configuration));
  const { main, master } = configurationText(configuration);
  const files: Files = { 'main.cf': main, 'master.cf': master };
  const lines = excerptsOf(configuration, files);
  return {
    findings: findings.map((finding) => tellMore(finding, configuration, files, lines)),
    counts: countLevels(findings),
    ...(obstacle
      ? { unreadable: obstacle.message, paths: [] }
      : {
          paths: restrictionPaths(configuration, world),
          relay: proveRelay(configuration, world),
        }),
  };
}

/** The configuration with other texts, and with the tables that the plan writes. */
function afterPlan(configuration: Configuration, changed: Files): Configuration {
  const { 'main.cf': main = '', 'master.cf': master = '', ...written } = changed;
  const directory = configuration.directory ?? '/etc/postfix';
  const tables = new Map(
    Object.entries(written).map(([path, text]) => [
      path.startsWith('/') ? path : `${directory}/${path}`,
      text,
    ]),
  );
  return {
    ...configuration,
    main,
    master,
    files: (path) => tables.get(path) ?? configuration.files?.(path),
  };
}

function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { level } of findings) counts[level]++;
  return counts;
}

type Excerpts = (finding: Finding) => string | undefined;

function excerptsOf({ names = {} }: Configuration, files: Files): Excerpts {
  const masked = maskSecrets(files);
  const lines = new Map(
    Object.entries({
      [names.main ?? 'main.cf']: masked['main.cf'] ?? '',
      [names.master ?? 'master.cf']: masked['master.cf'] ?? '',
    }).map(([name, text]) => [name, text.split(/\r?\n/)]),
  );
  return ({ at }) => at && lines.get(at.file)?.[at.line - 1]?.trim();
}

function tellMore(
  finding: Finding,
  configuration: Configuration,
  files: Files,
  excerptOf: Excerpts,
): ReportedFinding {
  const known = rules.find(({ id }) => id === finding.rule);
  const { fix = [], at } = finding;
  const target = { name: '', postfix: configuration.version };
  const change =
    fix.length > 0
      ? renderDiff(files, applyPlan(files, { target, changes: fix, checks: [] }), { context: 0 })
      : '';
  // Where something is missing the place is the beginning of the file, which says nothing.
  const isMissing = at === undefined || (at.line === 1 && at.column === 1 && !finding.rule.includes('/'));
  const excerpt = isMissing ? undefined : excerptOf(finding);
  return {
    ...finding,
    ...(finding.fix && { fix: redactPlan({ target, changes: fix, checks: [] }, files).changes }),
    title: known?.title ?? finding.rule.replace(/^config\//, '').replaceAll('-', ' '),
    why: known?.why ?? '',
    ...(excerpt !== undefined && excerpt !== '' && { excerpt }),
    ...(change !== '' && { change }),
    ...(!finding.fix && known?.byHand && { byHand: known.byHand }),
  };
}

/** Keys of block lists and passwords in addresses stand in messages and replies as in files. */
function maskAll<T>(value: T): T {
  if (typeof value === 'string') return maskSecrets({ 'main.cf': value })['main.cf'] as T;
  if (Array.isArray(value)) return value.map(maskAll) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskAll(inner)])) as T;
}
