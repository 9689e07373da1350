import type { Diagnosis, Fact, GuideRow, HostFacts, Recommendation, Verdict } from '@postern/tuning';
import { paint, type Io } from '../io.ts';

/** What kind of host it is, a line a fact, and the table of the guide. */
export function printHost(io: Io, facts: HostFacts, table: readonly GuideRow[]): void {
  const line = (label: string, fact: Fact<unknown>, show: (value: never) => string = String): void => {
    const text = fact.known ? show(fact.value as never) : `not known (${fact.why})`;
    io.out(`${label.padEnd(16)} ${text}  ${paint(io, 'dim', fact.evidence.slice(0, 90))}\n`);
  };
  line('machine', facts.virtualisation.machine);
  line('container', facts.virtualisation.container);
  line('kernel', facts.system.kernel);
  line('processors', facts.cpu.usable);
  line('load', facts.cpu.load, (load: readonly number[]) => load.join(' '));
  line('memory', facts.memory.usable, (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB usable`);
  line('queue on', facts.queue.fileSystem);
  line(
    'disk pressure',
    facts.pressure.io,
    ({ some }: { some: readonly number[] }) => `${Math.round(some[1]! * 100)}% of the last minute`,
  );
  line('listen queues', facts.network.listenOverflows, (count: number) => `${count} overflows since boot`);
  line('postfix', facts.postfix.version);
  for (const name of ['incoming', 'active', 'deferred', 'hold'] as const)
    line(name, facts.queue.messages[name]);
  io.out('\n');
  for (const { label, answer, good } of table)
    io.out(
      `${label.padEnd(16)} ${paint(io, good === undefined ? 'yellow' : good ? 'green' : 'red', answer)}\n`,
    );
}

const titles: Readonly<Record<Verdict, string>> = {
  change: 'Change',
  refused: 'Do not',
  advice: 'For you to do',
  'ask-the-host': 'Ask the host',
  unknown: 'Not known',
  'already-so': 'Already so',
  default: 'Postfix does so by itself',
  keep: 'Leave alone',
};

/** What was said of each setting; what should change or is the administrator's with all that led to it. */
export async function printRecommendations(
  io: Io,
  recommendations: readonly Recommendation[],
): Promise<void> {
  const { sureness } = await import('@postern/tuning');
  for (const [verdict, title] of Object.entries(titles)) {
    const group = recommendations.filter((each) => each.verdict === verdict);
    if (group.length === 0) continue;
    io.out(`\n${paint(io, 'bold', title)}\n`);
    for (const { subject, message, formula, effect, sure, since, facts, source } of group) {
      io.out(`  ${subject}: ${message}${since === undefined ? '' : ` (default since ${since})`}\n`);
      if (verdict !== 'change' && verdict !== 'advice' && verdict !== 'refused') continue;
      const lines = [
        facts.length > 0 && `seen: ${facts.join('; ')}`,
        formula !== undefined && `so: ${formula}`,
        effect !== undefined && `expect: ${effect}${sure === undefined ? '' : ` (${sureness[sure]})`}`,
        `from: ${source}`,
      ];
      for (const line of lines) if (line !== false) io.out(`    ${paint(io, 'dim', line)}\n`);
    }
  }
}

export function printDiagnoses(io: Io, { probe }: HostFacts, diagnoses: readonly Diagnosis[]): void {
  if (diagnoses.length === 0)
    io.out(
      probe.problems.length === 0
        ? 'Nothing wrong.\n'
        : 'Not known: what could be read of the host shows nothing wrong.\n',
    );
  for (const { name, confidence, signs, steps } of diagnoses) {
    io.out(`${paint(io, 'red', name)} (${confidence})\n`);
    for (const sign of signs) io.out(`  ${sign}\n`);
    steps.forEach(({ what, command, changes }, index) => {
      io.out(`  ${index + 1}. ${what}\n`);
      if (command !== undefined) io.out(`     ${command}\n`);
      for (const change of changes) {
        if (change.type === 'set-parameter') io.out(`     ${change.name} = ${change.value}\n`);
        else if (change.type === 'put-service')
          io.out(
            `     master.cf: ${change.service.name}/${change.service.type} maxproc ${change.service.maxproc ?? '-'}\n`,
          );
        else if (change.type === 'set-sysctl') io.out(`     sysctl ${change.key} = ${change.value}\n`);
        else if (change.type === 'remove-parameter') io.out(`     remove ${change.name}\n`);
      }
    });
  }
}
