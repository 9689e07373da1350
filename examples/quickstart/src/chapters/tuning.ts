import {
  bindingBound,
  capacity,
  doctor,
  guideTable,
  parseFacts,
  recommend,
  valueOf,
  type Bound,
  type Configuration,
  type Observation,
  type Workload,
} from '@postern/tuning';
import { bars, html, table, type Html } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line } from '../terminal.ts';

/** What was seen of a host while it melted down. */
export interface Meltdown {
  /** What the probe printed there. */
  readonly probe: string;
  readonly workload: Workload;
  readonly observation: Observation;
}

/** What a host that melted down can bear, what is wrong with it, and the settings that follow. */
export function tune(config: Configuration, { probe, workload, observation }: Meltdown): Chapter {
  const facts = parseFacts(probe);
  const kind = guideTable(facts, workload.commit);
  const diagnoses = doctor(facts, config, observation, workload);
  const bounds = capacity(facts, config, workload);
  const binding = bindingBound(bounds);
  const { recommendations } = recommend(facts, config, workload);
  const changes = recommendations.filter(({ verdict }) => verdict === 'change');
  const kept = recommendations.length - changes.length;
  const load = valueOf(facts.cpu.load);
  const processors = valueOf(facts.cpu.usable) ?? 1;
  return {
    name: 'Tuning',
    what: 'what the host can bear, from the probe of its melt-down',
    lines: [
      ...kind.map(({ label, answer, good }): Line => ({
        head: `${label.padEnd(14)} `,
        text: answer,
        tone: good === undefined ? 'note' : good ? 'ok' : 'warning',
      })),
      ...diagnoses.flatMap(({ name, confidence, signs, steps }): (string | Line)[] => [
        '',
        { text: `${name} (${confidence})`, tone: 'error' },
        ...signs.map((sign) => ({ head: '  sign: ', text: sign })),
        ...steps.map(({ what }, index) => ({ head: `  ${index + 1}. `, text: what })),
      ]),
      '',
      ...(binding
        ? [{ head: 'binds: ', text: `${binding.label} at ${rate(binding)} (${binding.formula})` }]
        : []),
      ...changes.map(({ subject, message, formula }): Line => ({
        head: `change ${subject}: `,
        text: `${message} ${formula ?? ''}`.trim(),
      })),
      `${kept} other settings were looked at and stay as they are, each with its reason.`,
    ],
    body: [
      table({
        head: ['', 'answer', 'evidence'],
        rows: kind.map(({ label, answer, evidence }) => [
          label,
          answer,
          evidence.map((line) => html`<small>${line}</small><br>`),
        ]),
      }),
      load && [
        html`<h3>Load</h3>`,
        bars({
          title: 'Load average over 1, 5 and 15 minutes, and the processors that it is for',
          rows: [1, 5, 15].map((minutes, index) => ({
            label: `${minutes} min`,
            value: load[index]!,
            ...(load[index]! > processors && { level: 'warning' as const }),
          })),
          marks: [{ label: `${processors} processors`, value: processors }],
        }),
      ],
      diagnoses.map(({ name, confidence, signs, steps }) => [
        html`<h3 class="error">${name} (${confidence})</h3>`,
        list('ul', signs),
        html`<p>In this order:</p>`,
        list(
          'ol',
          steps.map(({ what }) => what),
        ),
      ]),
      html`<h3>What each resource allows</h3>`,
      bars({
        title: 'Messages a second that each resource allows, on a logarithmic scale',
        scale: 'log',
        rows: bounds.map((bound) => ({
          label: bound.label,
          value: bound.perSecond ?? 0,
          text: `${rate(bound)}${bound.binding ? ' (binds)' : ''}`,
          ...(bound.binding && { level: 'error' as const }),
        })),
      }),
      table({
        head: ['setting', 'verdict', 'what and why', 'formula'],
        rows: recommendations.map(({ subject, verdict, message, formula }) => [
          html`<code>${subject}</code>`,
          verdict,
          message,
          formula ?? '',
        ]),
      }),
    ],
  };
}

function rate({ perSecond }: Bound): string {
  return perSecond === undefined ? 'not known' : `${Number(perSecond.toPrecision(3))}/s`;
}

function list(kind: 'ol' | 'ul', items: readonly string[]): Html {
  const rows = items.map((item) => html`<li>${item}</li>`);
  return kind === 'ol' ? html`<ol>${rows}</ol>` : html`<ul>${rows}</ul>`;
}
