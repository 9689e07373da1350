import { html, type Html, type HtmlValue } from '../html.ts';
import { formatNumber } from '../table.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What stands at the bar's end; the number where left out. */
  readonly text?: string;
  /** Colours the bar: a limit that binds, a state to look at, a measured value. */
  readonly level?: 'error' | 'warning' | 'ok';
}

export interface Bars {
  /** Read out by a screen reader in place of the picture. */
  readonly title: string;
  readonly rows: readonly Bar[];
  /** The value of a bar of full length; the greatest of the rows where left out. */
  readonly most?: number;
  /** `log` where values lie orders of magnitude apart: each step of ten is as long as the last. */
  readonly scale?: 'linear' | 'log';
  /** Dashed lines across all bars: a limit, a bound. */
  readonly marks?: readonly { readonly label: string; readonly value: number }[];
}

const labelWidth = 190;
const barWidth = 350;
const rowHeight = 24;

/** Named values as a bar chart in SVG. Without rows it is nothing. */
export function bars({ title, rows, most, scale = 'linear', marks = [] }: Bars): Html {
  if (rows.length === 0) return html``;
  const values = [...rows, ...marks].map(({ value }) => value).filter((value) => Number.isFinite(value));
  const share = shareOf(
    scale,
    most ?? Math.max(0, ...values),
    Math.min(...values.filter((value) => value > 0)),
  );
  const height = (rows.length + (marks.length > 0 ? 1 : 0)) * rowHeight + 8;
  const drawn: HtmlValue[] = [
    ...rows.map((row, index) => barOf(row, index * rowHeight + 4, share(row.value) * barWidth)),
    ...marks.map(({ label, value }) => markOf(label, labelWidth + share(value) * barWidth, height)),
  ];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" width="680" height="${height}" role="img"><title>${title}</title>
${drawn}</svg>
`;
}

function barOf({ label, value, text, level }: Bar, y: number, length: number): Html {
  const end = (labelWidth + 6 + length).toFixed(1);
  return html`<text x="0" y="${y + 13}">${shorten(label)}</text><rect class="bar ${level}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="16" rx="2"/><text x="${end}" y="${y + 13}">${text ?? formatNumber(value)}</text>\n`;
}

function markOf(label: string, place: number, height: number): Html {
  const x = place.toFixed(1);
  return html`<line class="bound" x1="${x}" x2="${x}" y1="0" y2="${height - 20}"/><text class="dim" x="${x}" y="${height - 6}" text-anchor="middle">${label}</text>\n`;
}

/** How much of the full length a value takes, from 0 to 1; what is not finite takes all of it. */
function shareOf(scale: 'linear' | 'log', most: number, least: number): (value: number) => number {
  const within = (share: number): number => (Number.isNaN(share) ? 1 : Math.min(Math.max(share, 0), 1));
  if (scale === 'linear' || most <= 0) {
    return (value) => (Number.isFinite(value) && most > 0 ? within(value / most) : within(value));
  }
  const low = Math.floor(Math.log10(least)) - 0.5;
  const high = Math.log10(most);
  return (value) => (value <= 0 ? 0 : within((Math.log10(value) - low) / (high - low)));
}

function shorten(label: string): string {
  const characters = Array.from(label);
  return characters.length > 28 ? `${characters.slice(0, 27).join('')}…` : label;
}
