import { effective, parseMain } from '@postern/config';
import { simulate, type Transaction, type World } from '@postern/simulator';
import { applyPlan, maskSecrets } from '@postern/plan';
import { harden, reportAudit, type AuditReport, type Configuration } from '@postern/hardening';
import type { QueueSummary } from '@postern/controller';
import { isIP } from 'node:net';
import type { LocalSite } from './local-server.ts';
import { pageScript } from './page-script.ts';
import { auditPage } from './audit-page.ts';
import { queuePlots } from './queue-plots.ts';
import { tuningPlots, type TuningLook } from './tuning-plots.ts';
import { verdictOf } from './verdict.ts';

/** A configuration whose two files are there as text. */
export interface TextConfiguration extends Configuration {
  readonly main: string;
  readonly master: string;
}

/** What the page shows, read anew whenever it asks. */
export interface WebTarget {
  readonly name: string;
  readonly world: World;
  configuration(): Promise<TextConfiguration>;
  queue(): Promise<QueueSummary>;
  tuning(configuration: TextConfiguration): Promise<TuningLook>;
}

/** A target's audit, restriction paths, simulator, queue and tuning as one page. */
export function targetSite(target: WebTarget): LocalSite {
  let states: Promise<States> | undefined;
  const known = (): Promise<States> => (states ??= readStates(target));
  return {
    script: pageScript,
    async page() {
      // Loading the page reads the host again; what the form asks afterwards goes by what the page shows.
      states = readStates(target);
      const { now, report } = await states;
      const host =
        effective({ main: parseMain(now.main), version: now.version }).get('myhostname')?.value ??
        target.world.hostname ??
        'localhost';
      return auditPage(report, { recipient: `postmaster@${host}`, script: pageScript });
    },
    parts: {
      async verdict(form) {
        const read = readTransaction(form);
        if ('problem' in read) return verdictOf(read);
        const { now, hardened } = await known();
        const configuration = form.get('state') === 'hardened' ? (hardened ?? now) : now;
        return verdictOf(masked(await simulate(configuration, read.transaction, target.world)));
      },
      queue: async () => queuePlots(await target.queue()).markup,
      tuning: async () => tuningPlots(await target.tuning((await known()).now)).markup,
    },
  };
}

/** The configuration as it is, and as the plan would leave it. */
interface States {
  readonly now: TextConfiguration;
  readonly hardened?: TextConfiguration;
  readonly report: AuditReport;
}

async function readStates(target: WebTarget): Promise<States> {
  const now = await target.configuration();
  const { name } = target;
  const { hostname, interfaces } = target.world;
  const plan = harden(now, { profile: 'internet-mx', target: name });
  const report = reportAudit(now, {
    target: name,
    plan,
    planName: 'internet-mx',
    world: { hostname, interfaces },
  });
  if (plan.obstacles.length > 0) return { now, report };
  const files = applyPlan({ 'main.cf': now.main, 'master.cf': now.master }, plan);
  return { now, report, hardened: { ...now, main: files['main.cf']!, master: files['master.cf'] ?? '' } };
}

function readTransaction(
  form: URLSearchParams,
): { readonly transaction: Transaction } | { readonly problem: string } {
  const text = (name: string): string => (form.get(name) ?? '').trim();
  const address = text('client');
  if (isIP(address) === 0) return { problem: `"${address}" is no IP address` };
  const optional = (name: string): string | undefined => text(name) || undefined;
  return {
    transaction: {
      service: text('service') || 'smtp',
      client: { address, name: optional('name') },
      helo: optional('helo'),
      from: text('from').replace(/^<>$/, ''),
      to: text('to')
        .split(/[\s,]+/)
        .filter(Boolean),
      user: optional('user'),
      tls: form.has('tls'),
      data: true,
    },
  };
}

/** Keys of block lists and passwords in addresses stand in restrictions and replies as they do in the files. */
function masked<T>(value: T): T {
  if (typeof value === 'string') return maskSecrets({ 'main.cf': value })['main.cf'] as T;
  if (Array.isArray(value)) return value.map(masked) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)])) as T;
}
