import { fixtureResolver, parseZones, type Resolver } from '@postern/dns/fixture';
import { audit, harden, type ProfileName } from '@postern/hardening';
import { applyPlan, renderDiff, type Finding } from '@postern/plan';
import { proveRelay, simulate, type RelayProof, type Verdict } from '@postern/simulator';
import { dohResolver } from './doh.ts';

/** What somebody has put into the page. */
export interface Pasted {
  readonly main: string;
  readonly master: string;
  readonly version: string;
  readonly profile: ProfileName;
}

export interface Inspection {
  readonly findings: readonly Finding[];
  readonly relay: RelayProof;
  /** The hardened configuration as a unified diff with its reasons; empty where there is nothing to change. */
  readonly diff: string;
  /** What keeps a plan from being made, and what it leaves alone. */
  readonly obstacles: readonly Finding[];
  readonly notes: readonly Finding[];
}

/** Audit, relay proof and hardened diff, all of it here in the page. */
export function inspect({ main, master, version, profile }: Pasted): Inspection {
  const configuration = { main, master, version };
  const plan = harden(configuration, { profile });
  const before = { 'main.cf': main, 'master.cf': master };
  return {
    findings: audit(configuration),
    relay: proveRelay(configuration),
    diff: plan.obstacles.length > 0 ? '' : renderDiff(before, applyPlan(before, plan), { plan }),
    obstacles: plan.obstacles,
    notes: plan.notes,
  };
}

export interface Attempt {
  readonly service: string;
  readonly address: string;
  readonly name: string;
  readonly helo: string;
  readonly from: string;
  readonly to: string;
  readonly user: string;
  readonly tls: boolean;
  /** DNS as JSON; nothing else exists. */
  readonly zones: string;
  /** A DNS-over-HTTPS server to ask instead, which then learns the names. */
  readonly doh: string;
}

/** What the configuration answers to a transaction. */
export async function tryTransaction({ main, master, version }: Pasted, attempt: Attempt): Promise<Verdict> {
  const { service, address, name, helo, from, to, user, tls } = attempt;
  return simulate(
    { main, master, version },
    {
      service,
      client: { address, ...(name === '' ? {} : { name }) },
      helo,
      from,
      to: to.split(/[\s,]+/).filter((recipient) => recipient !== ''),
      ...(user === '' ? {} : { user }),
      ...(tls ? { tls: {} } : {}),
    },
    { resolver: resolverOf(attempt) },
  );
}

function resolverOf({ zones, doh }: Attempt): Resolver {
  if (doh !== '') return dohResolver(doh);
  const { zones: read, problems } = parseZones(zones.trim() === '' ? '{}' : zones);
  if (problems[0]) throw new Error(`The DNS data cannot be read: ${problems[0].message}`);
  return fixtureResolver(read);
}
