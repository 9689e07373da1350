import type { HostOutlook, RolloutReport } from '@postern/fleet';
import { paint, type Io } from '../io.ts';
import { printPlan } from './plan.ts';
import { visible } from './visible.ts';

/** What a rollout would do: hosts with the same changes together. */
export async function printOutlooks(io: Io, outlooks: readonly HostOutlook[]): Promise<void> {
  const same = new Map<string, Extract<HostOutlook, { status: 'planned' }>[]>();
  for (const outlook of outlooks) {
    if (outlook.status !== 'planned') continue;
    const key = JSON.stringify([outlook.plan.changes, outlook.before]);
    same.set(key, [...(same.get(key) ?? []), outlook]);
  }
  for (const group of same.values()) {
    io.out(`${paint(io, 'bold', group.map(({ host }) => host).join(', '))}\n`);
    const { plan, before, after } = group[0]!;
    await printPlan(io, plan, before, after);
    io.out('\n');
  }
  const quiet = outlooks.filter(({ status }) => status === 'unchanged').map(({ host }) => host);
  if (quiet.length > 0) io.out(`Nothing to change: ${quiet.join(', ')}\n`);
  for (const outlook of outlooks) {
    if (outlook.status === 'failed')
      io.out(`${paint(io, 'red', outlook.host)}: ${visible(outlook.message)}\n`);
  }
}

/** How a rollout is or went. */
export function printReport(io: Io, report: RolloutReport): void {
  const { id, label, begun, phase, because, waves, hosts, counts } = report;
  io.out(`${paint(io, 'bold', `rollout ${id}`)}: ${label}, begun ${begun}\n`);
  for (const { name, hosts: size, ended, failures } of waves) {
    const failed = failures === 0 ? '' : paint(io, 'red', `, ${failures} failed`);
    io.out(`  ${name}: ${ended} of ${size}${failed}\n`);
  }
  for (const { host, status, code, message } of hosts) {
    if (!['rolled-back', 'failed', 'unknown'].includes(status)) continue;
    io.out(`  ${paint(io, 'red', host)} ${status}: ${visible(message ?? code ?? '')}\n`);
  }
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  io.out(`${some.map(([status, count]) => `${count} ${status}`).join(', ')}\n`);
  const colour = phase === 'finished' ? 'green' : phase === 'running' ? 'cyan' : 'yellow';
  io.out(`${paint(io, colour, phase)}${because === undefined ? '' : `: ${because}`}\n`);
}
