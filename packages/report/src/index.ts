export { diffBlock } from './diff.ts';
export { escapeText, html, type Html, type HtmlValue } from './html.ts';
export { page, type Page, type Section } from './page.ts';
export { bars, type Bar, type Bars } from './plots/bars.ts';
export { lines, type Lines, type Series } from './plots/lines.ts';
export { formatNumber, table, type Table } from './table.ts';
export { style } from './style.ts';
