import type { Bound } from '../capacity/capacity.ts';
import { boundsSvg } from '../capacity/picture.ts';
import type { Diagnosis } from '../doctor/doctor.ts';
import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Observation } from '../observe/observation.ts';
import type { TuningPlan } from '../recommend/recommend.ts';
import type { GuideRow } from '../show/guide-table.ts';
import { barsSvg, escapeText } from './plots.ts';

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
export function reportHtml({
  target,
  facts,
  table,
  plan,
  bounds,
  diagnoses = [],
  observation = {},
  measured,
}: Report): string {
  const title = `Tuning ${target}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escapeText(title)}</title>
<style>body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem .5rem;text-align:left;vertical-align:top}code{background:#f3f3f3}.change{color:#b3261e}small{color:#666}</style></head><body>
<h1>${escapeText(title)}</h1>
${section(
  'What is wrong',
  diagnoses
    .map(
      ({ name, confidence, signs, steps }) =>
        `<h3>${escapeText(name)} (${confidence})</h3>${list(signs)}<p>In this order:</p>${list(
          steps.map(({ what, command }) => what + (command === undefined ? '' : ` ${command}`)),
          'ol',
        )}`,
    )
    .join(''),
)}
${section('What kind of host', rows(table.map(({ label, answer, evidence }) => [label, answer, evidence.join('; ')])))}
${section('What it can carry', boundsSvg(bounds, measured === undefined ? {} : { measured }) + rows(bounds.map(({ label, formula, uncertainty }) => [label, formula, uncertainty])))}
${section('Load', loadPlot(facts))}
${section('Waiting', pressurePlot(facts))}
${section('Age of the queue', agePlot(observation))}
${section('Settings', rows(plan.recommendations.map(({ verdict, subject, message, formula, facts: seen, source, effect }) => [`${subject}: ${verdict}`, [message, formula, effect].filter(Boolean).join(' — '), [...seen, source].join('; ')])))}
</body></html>
`;
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<section><h2>${escapeText(title)}</h2>${body}</section>`;
}

function rows(cells: readonly (readonly [string, string, string])[]): string {
  return `<table>${cells.map(([a, b, c]) => `<tr><th>${escapeText(a)}</th><td>${escapeText(b)}<br><small>${escapeText(c)}</small></td></tr>`).join('')}</table>`;
}

function list(items: readonly string[], tag: 'ul' | 'ol' = 'ul'): string {
  return `<${tag}>${items.map((item) => `<li>${escapeText(item)}</li>`).join('')}</${tag}>`;
}

function loadPlot({ cpu }: HostFacts): string {
  const load = valueOf(cpu.load);
  if (!load) return '';
  const most = Math.max(...load, valueOf(cpu.usable) ?? 1);
  return barsSvg(
    'load average',
    [
      ...['1 minute', '5 minutes', '15 minutes'].map((label, index) => ({
        label,
        value: load[index]!,
        text: String(load[index]),
      })),
      {
        label: 'processors',
        value: valueOf(cpu.usable) ?? 0,
        text: String(valueOf(cpu.usable) ?? 'not known'),
      },
    ],
    most,
  );
}

function pressurePlot({ pressure }: HostFacts): string {
  const shares = (['cpu', 'io', 'memory'] as const).flatMap((name) => {
    const value = valueOf(pressure[name]);
    return value
      ? [10, 60, 300].map((seconds, index) => ({
          label: `${name}, ${seconds} s`,
          value: value.some[index]!,
          text: `${Math.round(value.some[index]! * 100)}%`,
        }))
      : [];
  });
  return shares.length === 0 ? '' : barsSvg('share of time in which something waited', shares, 1);
}

function agePlot({ queue }: Observation): string {
  const ages = Object.entries(queue?.byAge ?? {}).toSorted(
    ([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)),
  );
  return ages.length === 0
    ? ''
    : barsSvg(
        'messages by age in minutes',
        ages.map(([label, value]) => ({ label: `${label} min`, value, text: String(value) })),
        Math.max(...ages.map(([, value]) => value)),
      );
}
