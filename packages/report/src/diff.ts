import { html, type Html } from './html.ts';

/** A unified diff with what goes and what comes in colour. */
export function diffBlock(diff: string): Html {
  if (diff === '') return html``;
  const lines = diff.replace(/\n$/, '').split('\n');
  return html`<pre><code>${lines.map((line) => html`${diffLine(line)}\n`)}</code></pre>\n`;
}

function diffLine(line: string): Html {
  if (/^(?:\+\+\+|---|@@)/.test(line)) return html`<span class="dim">${line}</span>`;
  if (line.startsWith('+')) return html`<ins>${line}</ins>`;
  if (line.startsWith('-')) return html`<del>${line}</del>`;
  return html`${line}`;
}
