import { bars, html, page, table, type Bar, type Html } from '@postern/report';
import type { Bound } from '../capacity/capacity.ts';
import { boundsBars } from '../capacity/picture.ts';
import type { Diagnosis } from '../doctor/doctor.ts';
import { valueOf, type Fact } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Observation } from '../observe/observation.ts';
import { sureness, type Recommendation } from '../recommend/recommendation.ts';
import type { TuningPlan } from '../recommend/recommend.ts';
import type { GuideRow } from '../show/guide-table.ts';

export interface Report {
  readonly target: string;
  readonly facts: HostFacts;
  readonly table: readonly GuideRow[];
  readonly plan: TuningPlan;
  readonly bounds: readonly Bound[];
  readonly diagnoses?: readonly Diagnosis[];
  readonly observation?: Observation;
  /** Messages a second, where they were measured. */
  readonly measured?: number;
}

/** Everything on one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportHtml(report: Report): string {
  const { target, facts, table: guide, plan, bounds, diagnoses = [], measured } = report;
  const changed = plan.changes.filter(({ type }) => type !== 'postfix-action').length;
  return page({
    title: `Tuning ${target}`,
    lead: `${changed === 0 ? 'Nothing should change' : changed === 1 ? 'One change' : `${changed} changes`}; ${diagnoses.length === 0 ? 'nothing is wrong' : diagnoses.map(({ name }) => name).join(', ')}.`,
    sections: [
      { title: 'What is wrong', body: diagnoses.map(diagnosis) },
      {
        title: 'What kind of host',
        body: [
          table({
            head: ['', 'answer', 'evidence'],
            rows: guide.map(({ label, answer, evidence }) => [label, answer, small(evidence)]),
          }),
          factTable(facts),
        ],
      },
      {
        title: 'What it can carry',
        body: [
          boundsBars(bounds, measured === undefined ? {} : { measured }),
          table({
            head: ['bound', 'formula', 'how sure'],
            rows: bounds.map(({ label, formula, facts: seen, uncertainty }) => [
              label,
              [formula, small(seen)],
              uncertainty,
            ]),
          }),
        ],
      },
      { title: 'Load', body: loadPlot(facts) },
      { title: 'Pressure: what waits', body: pressurePlot(facts) },
      { title: 'Age of the queue', body: agePlot(report.observation ?? {}) },
      {
        title: 'Settings',
        body: table({
          head: ['setting', 'what and why', 'from'],
          rows: plan.recommendations.map(setting),
        }),
      },
    ],
    footer: facts.probe.time.known
      ? `Seen ${new Date(facts.probe.time.value * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC, by the host’s clock.`
      : 'When this was seen is not known.',
  });
}

function small(lines: readonly string[]): Html {
  return html`${lines.map((line) => html`<small>${line}</small><br />`)}`;
}

function diagnosis({ name, confidence, signs, steps }: Diagnosis): Html {
  return html`<h3 class="error">${name} (${confidence})</h3>
    <ul>
      ${signs.map((sign) => html`<li>${sign}</li>`)}
    </ul>
    <p>In this order:</p>
    <ol>
      ${steps.map(({ what, command }) => html`<li>${what}${command !== undefined && html` <code>${command}</code>`}</li>`)}
    </ol> `;
}

function factTable({
  virtualisation,
  system,
  cpu,
  memory,
  queue,
  limits,
  network,
  clock,
  postfix,
}: HostFacts): Html {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
  const row = <T>(label: string, fact: Fact<T>, show: (value: T) => string = String): (string | Html)[] => [
    label,
    fact.known ? show(fact.value) : `not known (${fact.why})`,
    small([fact.evidence]),
  ];
  return table({
    head: ['fact', 'value', 'evidence'],
    rows: [
      row('machine', virtualisation.machine),
      row('container', virtualisation.container),
      row('kernel', system.kernel),
      row('processors', cpu.usable),
      row('stolen CPU time', cpu.steal, (share) => `${Math.round(share * 100)}%`),
      row('usable memory', memory.usable, megabytes),
      row('swap', memory.swapTotal, megabytes),
      row('file system of the queue', queue.fileSystem),
      row('free space of the queue', queue.freeBytes, megabytes),
      row('open files', limits.openFiles),
      row('overflows of listen queues', network.listenOverflows),
      row('clock', clock.source),
      row('Postfix', postfix.version),
    ],
  });
}

function setting({
  verdict,
  subject,
  message,
  formula,
  facts,
  source,
  effect,
  sure,
  since,
}: Recommendation): (string | Html)[] {
  const level =
    verdict === 'change' || verdict === 'refused' ? 'error' : verdict === 'advice' ? 'warning' : 'note';
  return [
    html`${subject}<br /><span class="${level}">${verdict}${since !== undefined && ` since ${since}`}</span>`,
    html`${message}${formula !== undefined && html`<br /><small>${formula}</small>`}${effect !== undefined && html`<br /><small>${effect}${sure !== undefined && ` (${sureness[sure]})`}</small>`}`,
    small([...facts, source]),
  ];
}

function loadPlot({ cpu }: HostFacts): Html {
  const load = valueOf(cpu.load);
  if (!load) return html``;
  const processors = valueOf(cpu.usable);
  return bars({
    title: 'Load average, and the processors that it is for',
    rows: ['1 minute', '5 minutes', '15 minutes'].map((label, index): Bar => {
      const value = load[index]!;
      return {
        label,
        value,
        ...(processors !== undefined && value > 1.5 * processors && { level: 'warning' }),
      };
    }),
    ...(processors !== undefined && { marks: [{ label: `${processors} processors`, value: processors }] }),
  });
}

function pressurePlot({ pressure }: HostFacts): Html {
  const rows = (['cpu', 'io', 'memory'] as const).flatMap((name) => {
    const value = valueOf(pressure[name]);
    return value === undefined
      ? []
      : [10, 60, 300].map((seconds, index): Bar => ({
          label: `${name}, ${seconds} s`,
          value: value.some[index]!,
          text: `${Math.round(value.some[index]! * 100)}%`,
        }));
  });
  return rows.length === 0
    ? html`<p class="dim">This kernel does not tell (/proc/pressure).</p>`
    : bars({ title: 'Share of time in which something waited', rows, most: 1 });
}

function agePlot({ queue }: Observation): Html {
  if (queue === undefined) return html`<p class="dim">The queue was not listed.</p>`;
  const ages = Object.entries(queue.byAge).toSorted(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
  return ages.length === 0
    ? html`<p>No message waits.</p>`
    : bars({
        title: 'Messages in the queue by age',
        rows: ages.map(([label, value]) => ({ label: `${label.replace('<', 'under ')} min`, value })),
      });
}
