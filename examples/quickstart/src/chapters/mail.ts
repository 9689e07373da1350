import { pathDiagram, type AuditReport, type SampleResult } from '@postern/hardening';
import { html, table, type Html } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line } from '../terminal.ts';

/** What becomes of sample mail in the lists of each smtpd, before and after the plan. Nothing is sent. */
export function tellMail({ before, after }: AuditReport): Chapter {
  const services = [...new Set([...before.paths, ...(after?.paths ?? [])].map(({ service }) => service))];
  const ways = services.map((service) => {
    const old = before.paths.find((path) => path.service === service);
    const next = after?.paths.find((path) => path.service === service);
    const samples = (next ?? old)!.samples.map(({ id, title }) => ({
      title,
      results: [old, next].map((path) => path?.samples.find((sample) => sample.id === id)),
    }));
    return { service, old, next, samples };
  });
  return {
    name: 'Mail',
    what: 'what becomes of sample transactions, before and after',
    lines: ways.flatMap(({ service, samples }): (string | Line)[] => [
      `service ${service}`,
      ...samples.flatMap(({ title, results: [was, is] }, index): Line[] => [
        { head: `${String(index + 1).padStart(3)}. `, text: title },
        ...(was ? [resultLine('before', was)] : []),
        ...(is ? [resultLine('after', is)] : []),
      ]),
    ]),
    body: [
      html`<p>From top to bottom as smtpd looks at its lists. A dot: no opinion. A ring: permitted, the rest of the list is
        skipped. A cross: refused. A question mark: hangs on what the files do not say. Names and addresses are made up;
        nothing was sent.</p>`,
      ways.map(({ service, old, next, samples }) => [
        html`<h3>${service}</h3>`,
        old && html`<p>Before:</p>${pathDiagram(old)}`,
        next && html`<p>After:</p>${pathDiagram(next)}`,
        table({
          head: ['', 'sample', 'before', 'after'],
          rows: samples.map(({ title, results }, index) => [index + 1, title, ...results.map(resultCell)]),
        }),
      ]),
    ],
  };
}

const signs = { ok: '✓', error: '✗', warning: '?' } as const;

/** Whether it went as it should; a warning where that hangs on the unknown. */
function toneOf({ right }: SampleResult): keyof typeof signs {
  return right === undefined ? 'warning' : right ? 'ok' : 'error';
}

function resultLine(state: string, result: SampleResult): Line {
  const tone = toneOf(result);
  return { head: `       ${signs[tone]} ${`${state}: `.padEnd(8)}`, text: resultText(result), tone };
}

function resultCell(result: SampleResult | undefined): Html {
  if (!result) return html`–`;
  const tone = toneOf(result);
  return html`<span class="${tone}">${signs[tone]}</span> ${resultText(result)}`;
}

function resultText({ outcome, reply, decidedBy, hangsOn }: SampleResult): string {
  const what = outcome === 'accept' ? 'accepted' : `${outcome} ${reply.code} ${reply.enhanced}`.trim();
  const place = decidedBy?.file ? `${decidedBy.file}:${decidedBy.line}` : 'default';
  const by = decidedBy
    ? ` by ${[decidedBy.restriction, decidedBy.argument].filter(Boolean).join(' ')} (${place})`
    : '';
  return `${what}${by}${hangsOn.length > 0 ? `, unless ${hangsOn.join(' or ')} objects` : ''}`;
}
