import type { AuditReport, HostReport } from '@postern/hardening';
import { html, table, type HtmlValue } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line } from '../terminal.ts';

type RelayProof = NonNullable<HostReport['relay']>;

/** Whether a stranger can send mail through the host: proved for every address, or refuted by a transaction. */
export function tellRelay({ before, after }: AuditReport): Chapter {
  const states: (readonly [string, RelayProof | undefined])[] = [
    ['before', before.relay],
    ...(after ? [['after', after.relay] as const] : []),
  ];
  return {
    name: 'Relaying',
    what: 'whether a stranger can send through this host',
    lines: states.flatMap(([state, proof]) => linesOf(state, proof)),
    body: states.map(([state, proof]) => [html`<h3>${state}</h3>`, bodyOf(proof)]),
  };
}

function linesOf(state: string, proof: RelayProof | undefined): Line[] {
  const head = `${state}: `.padEnd(8);
  if (!proof) return [{ head, text: 'not known, Postfix cannot read the files', tone: 'warning' }];
  if ('open' in proof) {
    const { client, from, to = [] } = proof.open;
    const text = `OPEN: ${client.address} sends from <${from ?? ''}> to <${to.join('> <')}> and is told ${proof.verdict.reply.code}`;
    return [{ head, text, tone: 'error' }];
  }
  if ('unknown' in proof)
    return [
      {
        head,
        text: `not known, it hangs on ${proof.unknown.map(({ because }) => because).join('; ')}`,
        tone: 'warning',
      },
    ];
  return [
    { head, text: 'closed, whatever a stranger says', tone: 'ok' },
    ...closedBy(proof.closed).map(([service, by, place]) => ({
      head: '        ',
      text: `${service}: ${by} (${place})`,
    })),
  ];
}

function bodyOf(proof: RelayProof | undefined): HtmlValue {
  if (!proof) return html`<p class="warning">Not known: Postfix cannot read the files.</p>`;
  if ('open' in proof) {
    const { client, from, to = [] } = proof.open;
    return html`<p><span class="error">Open.</span> ${client.address} sends from <code>${from ?? ''}</code> to <code>${to.join(' ')}</code> and is told ${proof.verdict.reply.code} ${proof.verdict.reply.text}.</p>`;
  }
  if ('unknown' in proof)
    return html`<p><span class="warning">Not known.</span> It hangs on ${proof.unknown.map(({ because }) => because).join('; ')}.</p>`;
  return [
    html`<p><span class="ok">Closed.</span> Whatever a stranger says, this refuses it:</p>`,
    table({ head: ['service', 'closed by', 'place'], rows: closedBy(proof.closed) }),
  ];
}

/** What closes each service, once. */
function closedBy(closed: Extract<RelayProof, { closed: unknown }>['closed']): string[][] {
  const ways = closed.map(({ service, by }) => [
    service,
    `${by.restriction} in ${by.list}`,
    by.file === null ? 'default' : `${by.file}:${by.line}`,
  ]);
  return [...new Map(ways.map((way) => [way.join('\n'), way])).values()];
}
