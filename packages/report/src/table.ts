import { html, type Html, type HtmlValue } from './html.ts';

export interface Table {
  readonly caption?: string;
  readonly head?: readonly HtmlValue[];
  /** Cells by row. Numbers are set right, with a space between thousands. */
  readonly rows: readonly (readonly HtmlValue[])[];
}

/** A table that scrolls sideways by itself where the screen is narrow. Without rows it is nothing. */
export function table({ caption, head, rows }: Table): Html {
  if (rows.length === 0) return html``;
  const title = caption && html`<caption>${caption}</caption>`;
  const top = head && html`<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>`;
  const body = rows.map((row) => html`<tr>${row.map(dataCell)}</tr>\n`);
  return html`<div class="wide"><table>${title}${top}<tbody>${body}</tbody></table></div>\n`;
}

function dataCell(value: HtmlValue): Html {
  return typeof value === 'number'
    ? html`<td class="number">${formatNumber(value)}</td>`
    : html`<td>${value}</td>`;
}

/** A number for people: at most three digits after the point, thousands apart. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 }).replaceAll(',', '\u202F');
}
