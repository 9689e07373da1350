import { diffBlock, html, page, table, type Html, type HtmlValue, type Section } from '@postern/report';
import type { Level, Place } from '@postern/plan';
import type { RelayProof } from '@postern/simulator';
import type { AuditReport, HostReport, ReportedFinding } from './audit-report.ts';
import { pathDiagram } from './path-diagram.ts';
import type { RestrictionPath, SampleResult } from './restriction-path.ts';
import { closedWays, levels, placeText, resultText, saidBy } from './wording.ts';

/** What the page says of itself. */
export interface HtmlOptions {
  /** The last line: when and by what the report was made. */
  readonly footer?: string;
}

/**
 * The report as one HTML file that needs nothing else: findings by level with place, reason, source and fix, the way
 * of sample mail through the lists, the relay proof, and the change as a diff.
 */
export function toHtml(report: AuditReport, { footer }: HtmlOptions = {}): string {
  const { target, postfix, before, after, allowed, obstacles } = report;
  const sections: Section[] = [
    { title: 'At a glance', body: glance(report) },
    ...levels.map(({ level, title }) => ({ title, body: findingsOf(before, level) })),
    {
      title: 'What must be mended first',
      body: list(obstacles.map(({ message, at }) => [message, ' ', place(at)])),
    },
    {
      title: 'Allowed',
      body: list(
        allowed.map(({ finding, by }) => [
          place(finding.at),
          ` ${finding.message}: `,
          html`<small>${by.because}, until ${by.until}</small>`,
        ]),
      ),
    },
    ...pathSections(before.paths, after?.paths),
    { title: 'Can a stranger relay?', body: relaySection(before, after) },
    { title: 'What would change', body: after && changeSection(after) },
    { title: 'What is left after that', body: after && leftOver(after) },
  ];
  return page({
    title: `Postfix on ${target}`,
    lead: html`An audit of its configuration for Postfix ${postfix}${after && html`, and of what ${after.name} makes of it`}.`,
    sections,
    ...(footer !== undefined && { footer }),
  });
}

function glance({ before, after }: AuditReport): Html {
  const row = (name: string, { counts, relay, paths, unreadable }: HostReport): HtmlValue[] => {
    const results = paths.flatMap(({ samples }) => samples);
    return [
      name,
      counts.error,
      counts.warning,
      counts.note,
      unreadable === undefined
        ? `${results.filter(({ right }) => right).length} of ${results.length}`
        : 'not running',
      relay ? saidBy(relay) : 'not known',
    ];
  };
  return html`${before.unreadable !== undefined && html`<p class="error">Postfix does not start with these files: ${before.unreadable}</p>`}${table(
    {
      head: ['', 'errors', 'warnings', 'notes', 'samples go as they should', 'relaying for strangers'],
      rows: [row(after ? 'as it is' : '', before), ...(after ? [row(`after ${after.name}`, after)] : [])],
    },
  )}`;
}

/** The findings of one level, those of one rule together. */
function findingsOf({ findings }: HostReport, level: Level): Html[] {
  const byRule = Map.groupBy(
    findings.filter((finding) => finding.level === level),
    ({ rule }) => rule,
  );
  return [...byRule].map(([rule, group]) => {
    const [{ title, why, source, versions }] = group as [ReportedFinding];
    return html`<article>
      <h3><span class="${level}">${level}</span> ${title} <small>${rule}</small></h3>
      ${why !== '' && html`<p>${why}</p>`}
      <p><small>Source: ${source}. Postfix versions: ${versions}.</small></p>
      ${group.map(oneFinding)}
    </article>`;
  });
}

function oneFinding({ message, at, excerpt, change, byHand, confidence }: ReportedFinding): Html {
  return html`<p>${place(at)} ${message}${confidence !== 'certain' && html` <small>(${confidence})</small>`}</p>
    ${excerpt !== undefined && html`<pre><code>${excerpt}</code></pre>`}
    ${
      change === undefined
        ? html`<p><small>${byHand ? `No fix is proposed. ${byHand.because} By hand: ${byHand.steps}` : 'No fix is proposed: what is right here only you can know.'}</small></p>`
        : html`<details><summary>Fix</summary>${diffBlock(change)}</details>`
    }`;
}

function pathSections(before: readonly RestrictionPath[], after: readonly RestrictionPath[] = []): Section[] {
  const services = [...new Set([...before, ...after].map(({ service }) => service))];
  return services.map((service) => {
    const old = before.find((path) => path.service === service);
    const next = after.find((path) => path.service === service);
    const { samples } = (next ?? old)!;
    return {
      title: `The way of mail through ${service}`,
      body: [
        html`<p>
          From top to bottom as smtpd looks at its lists. A dot: looked at, and no opinion. A ring: permitted, the rest of
          the list is skipped. A cross: refused. A question mark: hangs on what the files do not say. The names and
          addresses are made up; nothing was sent.
        </p>`,
        old && html`<h3>${next ? 'As it is' : 'The lists'}</h3>${pathDiagram(old)}`,
        next && html`<h3>${old ? 'After the plan' : 'New with the plan'}</h3>${pathDiagram(next)}`,
        table({
          head: [
            '',
            'sample',
            ...(old ? [next ? 'as it is' : 'outcome'] : []),
            ...(next ? ['after the plan'] : []),
          ],
          rows: samples.map(({ id, title }, index) => [
            index + 1,
            title,
            ...(old ? [result(old.samples.find((each) => each.id === id))] : []),
            ...(next ? [result(next.samples.find((each) => each.id === id))] : []),
          ]),
        }),
      ],
    };
  });
}

function result(sample: SampleResult | undefined): HtmlValue {
  if (!sample) return '–';
  const { right } = sample;
  const sign = right === undefined ? '?' : right ? '✓' : '✗';
  const level = right === undefined ? 'warning' : right ? 'ok' : 'error';
  return [html`<span class="${level}">${sign}</span> `, resultText(sample)];
}

function relaySection(before: HostReport, after: HostReport | undefined): HtmlValue {
  return [
    before.relay && [after && html`<h3>As it is</h3>`, relayProof(before.relay)],
    after?.relay && [html`<h3>After the plan</h3>`, relayProof(after.relay)],
  ];
}

function relayProof(proof: RelayProof): HtmlValue {
  if ('open' in proof) {
    const { client, from, to = [], service = 'smtp' } = proof.open;
    return [
      html`<p><span class="error">Open.</span> Seen from the ${proof.view}, this transaction is accepted:</p>`,
      table({
        rows: [
          ['service', service],
          ['client', client.address],
          ['sender', `<${from ?? ''}>`],
          ['recipient', to.map((each) => `<${each}>`).join(' ')],
          ['reply', `${proof.verdict.reply.code} ${proof.verdict.reply.text}`],
        ],
      }),
    ];
  }
  if ('unknown' in proof) {
    return [
      html`<p><span class="warning">Not known.</span> It hangs on:</p>`,
      list(proof.unknown.map(({ because, service, view }) => `${because} (${service}, from the ${view})`)),
    ];
  }
  return [
    html`<p><span class="ok">Closed.</span> Whatever a stranger says, this refuses it:</p>`,
    table({
      head: ['service', 'from', 'closed by', 'place'],
      rows: closedWays(proof.closed),
    }),
    proof.trusted.length > 0 && html`<p><small>Meant to relay: ${proof.trusted.join(', ')}</small></p>`,
  ];
}

function changeSection({ diff, notes }: NonNullable<AuditReport['after']>): HtmlValue {
  return [
    diff === '' ? html`<p>Nothing: it is so already.</p>` : diffBlock(diff),
    notes.length > 0 && [
      html`<h3>Left alone</h3>`,
      list(notes.map(({ message, at }) => [message, at ? [' ', place(at)] : ''])),
    ],
  ];
}

function leftOver({ findings }: HostReport): HtmlValue {
  if (findings.length === 0) return html`<p class="ok">No finding.</p>`;
  return list(
    findings.map(({ level, message, at }) => [
      html`<span class="${level}">${level}</span> `,
      message,
      ' ',
      place(at),
    ]),
  );
}

function list(items: readonly HtmlValue[]): Html {
  return items.length === 0 ? html`` : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

function place(at: Place | undefined): Html {
  return html`<code>${placeText(at)}</code>`;
}
