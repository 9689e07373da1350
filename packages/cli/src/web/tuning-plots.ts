import { bars, html, table, type Html } from '@postern/report';
import type { Bound, Diagnosis, GuideRow, Recommendation } from '@postern/tuning';

/** What one look at a host says of what it can bear. */
export interface TuningLook {
  readonly table: readonly GuideRow[];
  readonly bounds: readonly Bound[];
  readonly diagnoses: readonly Diagnosis[];
  readonly recommendations: readonly Recommendation[];
}

/** What kind of host it is, what each resource allows, what is wrong, and what to change. */
export function tuningPlots({ table: kind, bounds, diagnoses, recommendations }: TuningLook): Html {
  const told = recommendations.filter(({ verdict }) => verdict === 'change' || verdict === 'advice');
  return html`${table({ rows: kind.map(({ label, answer, evidence }) => [label, answer, html`<small>${evidence.join('; ')}</small>`]) })}
${diagnoses.map(({ name, confidence, signs }) => html`<p class="error">${name} (${confidence})</p><ul>${signs.map((sign) => html`<li>${sign}</li>`)}</ul>`)}
${bars({
  title: 'Messages a second that each resource allows, on a logarithmic scale',
  scale: 'log',
  rows: bounds.map(({ label, perSecond, binding }) => ({
    label,
    value: perSecond ?? 0,
    text:
      perSecond === undefined
        ? 'not known'
        : `${Number(perSecond.toPrecision(3))}/s${binding ? ' (binds)' : ''}`,
    ...(binding && { level: 'error' as const }),
  })),
})}
${table({ head: ['setting', '', 'what and why'], rows: told.map(({ subject, verdict, message }) => [html`<code>${subject}</code>`, verdict, message]) })}
${told.length === 0 && html`<p>Nothing should change: what is known asks for nothing.</p>`}`;
}
