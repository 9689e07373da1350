import { html, type Html, type HtmlValue } from './html.ts';
import { style } from './style.ts';

export interface Section {
  readonly title: string;
  readonly body: HtmlValue;
}

export interface Page {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly lead?: HtmlValue;
  readonly sections: readonly Section[];
  /** The last line: when and by what the page was made. */
  readonly footer?: HtmlValue;
}

/**
 * One HTML file that needs nothing else: no script, no font and no picture from elsewhere, which its own
 * content security policy enforces. Reads in light and dark, on a phone and on paper. Sections with an empty
 * body are left out; a list of the sections stands on top where there are more than three.
 */
export function page({ title, lead, sections, footer }: Page): string {
  const filled = sections.filter(({ body }) => html`${body}`.markup !== '');
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${style}</style></head>
<body><main><h1>${title}</h1>
${lead && html`<p class="lead">${lead}</p>\n`}${filled.length > 3 && contents(filled)}${filled.map(sectionOf)}${
    footer && html`<footer>${footer}</footer>\n`
  }</main></body></html>
`.markup;
}

function sectionOf({ title, body }: Section, index: number): Html {
  return html`<section id="s${index + 1}"><h2>${title}</h2>\n${body}</section>\n`;
}

function contents(sections: readonly Section[]): Html {
  const items = sections.map(({ title }, index) => html`<li><a href="#s${index + 1}">${title}</a></li>`);
  return html`<nav><ol>${items}</ol></nav>\n`;
}
