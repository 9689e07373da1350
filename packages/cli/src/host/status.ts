import type { HostStatus } from '@postern/controller';
import { exitCode, type ExitCode } from '../exit.ts';
import { openHost, type LoginFlags } from '../host-target.ts';
import { paint, printJson, type Io } from '../io.ts';
import { visible } from '../print/visible.ts';

/** How a host is, what was applied to it, and what differs from that by now. */
export async function showHostStatus(
  io: Io,
  name: string,
  flags: LoginFlags & { readonly json?: boolean; readonly prometheus?: boolean },
): Promise<ExitCode> {
  const { toPrometheus } = await import('@postern/controller');
  const { renderDiff } = await import('@postern/plan');
  await using host = await openHost(io, name, flags);
  const status = await host.status();
  const drift = status.drift.map(({ left, now, ...rest }) => ({
    ...rest,
    ...(left !== undefined &&
      now !== undefined && {
        diff: renderDiff({ [rest.path]: left }, { [rest.path]: now }),
      }),
  }));
  if (flags.json) printJson(io, { ...status, drift });
  else if (flags.prometheus) io.out(toPrometheus(status));
  else printStatus(io, status, drift);
  return drift.length === 0 && !status.pending && status.master ? exitCode.clean : exitCode.findings;
}

function printStatus(
  io: Io,
  { host, version, directory, master, queue, log, certificates, pending, history }: HostStatus,
  drift: readonly {
    path: string;
    what: string;
    changedAt?: string;
    seenAt?: string;
    owner?: string;
    witnesses?: readonly string[];
    diff?: string;
  }[],
): void {
  const running = master ? `runs (process ${master.pid})` : paint(io, 'red', 'does not run');
  io.out(`${paint(io, 'bold', host)}: Postfix ${version ?? 'is not installed'} ${running}, ${directory}\n`);
  io.out(
    `queue: ${Object.entries(queue)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}\n`,
  );
  const counts = Object.entries(log.counts).map(([event, count]) => `${event} ${count}`);
  io.out(`log of ${log.minutes} min: ${counts.join(', ') || 'nothing'}\n`);
  for (const { file, expires, names, served } of certificates) {
    const how =
      served === undefined
        ? ''
        : served
          ? ', served'
          : paint(io, 'red', ', but another one is served: reload');
    io.out(`certificate ${file}: ${names.join(', ')}, until ${expires}${how}\n`);
  }
  if (pending)
    io.out(
      `${paint(io, 'yellow', `change ${pending.id} waits to be confirmed`)}, undone in ${pending.left} s\n`,
    );
  if (history.length === 0) io.out('Nothing was applied here.\n');
  for (const { id, kind, phase, by, files } of history)
    io.out(`${id}  ${kind} ${phase}  by ${by}: ${files.map(({ path }) => path).join(', ')}\n`);
  for (const { path, what, changedAt, seenAt, owner, witnesses = [], diff } of drift) {
    const dated = changedAt === seenAt ? '' : `, dated ${changedAt}`;
    const when = seenAt === undefined ? '' : ` (${seenAt}${dated}, a file of ${owner})`;
    io.out(`\n${path}: ${what} changed since${when}\n`);
    for (const witness of witnesses) io.out(`  ${visible(witness)}\n`);
    if (seenAt === undefined) io.out('  when and by whom is not known: a file that is gone says nothing\n');
    else if (!witnesses.some((each) => each.startsWith('audit: ')))
      io.out(
        witnesses.length === 0
          ? '  by whom is not known: the host keeps no audit, and no log of sudo or logins that can be read\n'
          : '  whether it was one of them is not known: the host keeps no audit of its files\n',
      );
    if (diff !== undefined) io.out(diff);
  }
}
