import { html, table, type HtmlValue } from '@postern/report';
import type { Verdict } from '@postern/simulator';

const levels = { accept: 'ok', discard: 'warning', reject: 'error', defer: 'warning', unknown: 'warning' };

/** A verdict, with every step that led to it, or what is wrong with the question. */
export function verdictOf(answer: Verdict | { readonly problem: string }): string {
  if ('problem' in answer) return html`<p class="warning">${answer.problem}</p>`.markup;
  const { outcome, reply, decidedBy, steps, unknown, problems } = answer;
  return html`<p><strong class="${levels[outcome]}" data-outcome="${outcome}">${outcome}</strong> <code>${reply.code} ${reply.enhanced} ${reply.text}</code></p>
<p>${decidedBy ? [html`Decided by <code>${named(decidedBy)}</code> in <code>${decidedBy.list}</code> `, place(decidedBy)] : 'Nothing refused, and nothing permitted by name.'}</p>
${unknown.map(({ name, because }) => html`<p class="warning">Hangs on ${name}: ${because}</p>`)}${problems.map(({ file, line, message }) => html`<p class="error">${file}:${line}: ${message}</p>`)}
${table({
  caption: 'Each step on the way',
  head: ['says', 'restriction', 'why', 'stage'],
  rows: steps.map((step) => [
    html`<span class="${step.result === 'reject' ? 'error' : step.result === 'permit' ? 'ok' : 'note'}">${step.result}</span>`,
    html`<code>${named(step)}</code><br><small>${step.list} ${place(step)}</small>`,
    step.reason,
    step.stage,
  ]),
})}`.markup;
}

function named({
  restriction,
  argument,
}: {
  readonly restriction: string;
  readonly argument?: string | undefined;
}): string {
  return argument === undefined ? restriction : `${restriction} ${argument}`;
}

function place({ file, line }: { readonly file: string | null; readonly line: number | null }): HtmlValue {
  return file === null ? '(default)' : `(${file}:${line ?? '?'})`;
}
