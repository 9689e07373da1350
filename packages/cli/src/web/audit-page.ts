import { pathDiagram, type AuditReport, type HostReport } from '@postern/hardening';
import { diffBlock, html, style, table, type Html, type HtmlValue } from '@postern/report';

/** The whole page: what is known at once, and places for what the script asks for. */
export function auditPage(
  report: AuditReport,
  { recipient, script }: { readonly recipient: string; readonly script: string },
): string {
  const { target, postfix, before, after } = report;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${target} – Postern</title><style>${style}${formStyle}</style></head>
<body><main><h1>${target}</h1>
<p class="lead">Postfix ${postfix}. Reload the page to read it again; it is only read.</p>
<nav><ol>${sections.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
${section('audit', auditBody(before))}
${section('path', pathBody(report))}
${section('simulator', simulatorBody(report, recipient))}
${section('queue', html`<p><button type="button" data-shows="queue">Look again</button></p><div data-part="queue" data-at-once="">Looking …</div>`)}
${section('tuning', html`<p><button type="button" data-shows="tuning">Look again</button></p><div data-part="tuning" data-at-once="">Looking …</div>`)}
${section('plan', after ? diffBlock(after.diff) : 'No plan can be made while Postfix cannot read the files.')}
<script>${{ markup: script }}</script></main></body></html>
`.markup;
}

const sections = [
  ['audit', 'Audit'],
  ['path', 'The way of mail'],
  ['simulator', 'What would happen'],
  ['queue', 'Queue'],
  ['tuning', 'Tuning'],
  ['plan', 'What internet-mx would change'],
] as const;

const formStyle: Html = {
  markup: `
form{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.6rem 1rem;margin:.6rem 0 1rem}
label{display:grid;font-size:.85rem;color:var(--dim)}label.check{display:flex;gap:.4rem;align-items:center}
input,select,button{font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:.3rem .5rem;min-width:0}
:focus-visible{outline:2px solid var(--mark);outline-offset:1px}[aria-busy]{opacity:.55}`,
};

function section(id: (typeof sections)[number][0], body: HtmlValue): Html {
  const title = sections.find(([each]) => each === id)![1];
  return html`<section id="${id}"><h2>${title}</h2>
${body}</section>
`;
}

function auditBody({ counts, findings, unreadable }: HostReport): HtmlValue {
  return [
    unreadable !== undefined &&
      html`<p class="error">Postfix does not start with these files: ${unreadable}</p>`,
    html`<p>${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes.</p>`,
    table({
      head: ['place', 'what', 'why'],
      rows: findings.map(({ at, level, message, rule, why, source }) => [
        at ? html`<code>${at.file}:${at.line}</code>` : '',
        html`<span class="${level}">${level}</span> ${message}<br><small class="dim">${rule}</small>`,
        html`${why}<br><small class="dim">${source}</small>`,
      ]),
    }),
  ];
}

function pathBody({ before, after }: AuditReport): HtmlValue {
  return [
    html`<p>From top to bottom as smtpd looks at its lists. A dot: no opinion. A ring: permitted, the rest of the list is
      skipped. A cross: refused. A question mark: hangs on what the files do not say. Point at a number to see its
      sample; names and addresses are made up.</p>`,
    before.paths.map((path) => html`<h3>${path.service}, as it is</h3>${pathDiagram(path)}`),
    after?.paths.map((path) => html`<h3>${path.service}, after internet-mx</h3>${pathDiagram(path)}`),
  ];
}

function simulatorBody({ before, after }: AuditReport, recipient: string): Html {
  const services = [...new Set([...before.paths, ...(after?.paths ?? [])].map(({ service }) => service))];
  const field = (name: string, label: string, value: string): Html =>
    html`<label>${label}<input name="${name}" value="${value}" autocomplete="off" spellcheck="false"></label>`;
  return html`<form>
${field('client', "client's address", '198.51.100.7')}
${field('name', "client's verified name", 'mx.partner.example')}
${field('helo', 'EHLO', 'mx.partner.example')}
${field('from', 'sender', 'ola@partner.example')}
${field('to', 'recipients', recipient)}
${field('user', 'logged in as', '')}
<label>service<select name="service">${(services.length > 0 ? services : ['smtp']).map((service) => html`<option>${service}</option>`)}</select></label>
<label>configuration<select name="state"><option value="now">as it is</option>${after && html`<option value="hardened">after internet-mx</option>`}</select></label>
<label class="check"><input type="checkbox" name="tls">encrypted</label>
</form>
<div data-part="verdict" aria-live="polite"></div>`;
}
