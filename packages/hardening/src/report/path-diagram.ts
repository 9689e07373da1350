import { html, type Html } from '@postern/report';
import type { PathEntry, RestrictionPath, SampleResult } from './restriction-path.ts';

const textWidth = 430;
const columnWidth = 28;
const rowHeight = 22;
const headHeight = 34;
const placeWidth = 110;
const longestText = 56;

/** A row of the picture: the head of a list, or one of its entries. */
type Row =
  | { readonly list: string; readonly isEmpty: boolean; readonly y: number }
  | { readonly entry: PathEntry; readonly y: number };

/**
 * The lists of one smtpd from top to bottom, with a line for each sample that goes down as far as the sample gets:
 *
 *     1  2  3
 *     │  │  │   smtpd_recipient_restrictions
 *     •  •  ◎     permit_mynetworks            main.cf:42
 *     •  ✕  ┊     reject_unauth_destination    main.cf:44
 *     ✓     ✓
 */
export function pathDiagram({ service, lists, samples }: RestrictionPath): Html {
  const rows: Row[] = [];
  let y = headHeight;
  for (const { name, entries } of lists) {
    y += 6;
    rows.push({ list: name, isEmpty: entries.length === 0, y: (y += rowHeight) });
    for (const entry of entries) rows.push({ entry, y: (y += rowHeight) });
  }
  const end = y + rowHeight;
  const textStart = samples.length * columnWidth + 10;
  const width = textStart + textWidth + placeWidth;
  const height = end + 16;
  const title = `The way of ${samples.length} samples through the lists of ${service}`;
  return html`<div class="wide"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:none" role="img"><title>${title}</title>
${rows.map(rowOf)}${samples.map((sample, index) => lineOf(rows, index, end, sample))}</svg></div>
`;

  function rowOf(row: Row): Html {
    if ('list' in row) {
      const text = row.isEmpty ? `${row.list} (empty)` : row.list;
      return html`<line class="axis" x1="0" x2="${width}" y1="${row.y - rowHeight / 2 - 3}" y2="${row.y - rowHeight / 2 - 3}"/><text x="${textStart}" y="${row.y + 4}" class="${row.isEmpty && 'dim'}" style="font-weight:600">${text}</text>\n`;
    }
    const { text, at, depth } = row.entry;
    const place = at ? `${at.file}:${at.line}` : 'default';
    return html`<text x="${textStart + 14 + depth * 14}" y="${row.y + 4}"><title>${text}</title>${shorten(text, longestText - depth * 2)}</text><text class="dim" data-place="" x="${width - placeWidth + 8}" y="${row.y + 4}">${shorten(place, 16)}</text>\n`;
  }
}

/** One sample's line: solid where it was looked at, dashed where a permit let it skip the rest of a list. */
function lineOf(rows: readonly Row[], index: number, end: number, sample: SampleResult): Html {
  const x = index * columnWidth + columnWidth / 2;
  const segments: Html[] = [];
  const signs: Html[] = [];
  let from = headHeight - 6;
  let skips = false;
  for (const row of rows) {
    if ('list' in row) {
      if (skips) segments.push(segment(x, from, row.y, true));
      if (skips) from = row.y;
      skips = false;
      continue;
    }
    const mark = row.entry.marks[index] ?? null;
    if (mark === null) continue;
    segments.push(segment(x, from, row.y, false));
    signs.push(signOf(mark, x, row.y));
    from = row.y;
    skips = mark === 'permit';
  }
  const color = sample.right === undefined ? 'warning' : sample.right ? 'ok' : 'error';
  if (sample.outcome === 'accept' || sample.outcome === 'discard') {
    segments.push(segment(x, from, end - 8, skips));
    signs.push(
      html`<text x="${x}" y="${end + 8}" text-anchor="middle" style="fill:var(--${color})">✓</text>`,
    );
  }
  return html`<g><title>${`${index + 1}: ${sample.title}`}</title>${segments}${signs}<circle cx="${x}" cy="16" r="11" style="fill:var(--soft);stroke:var(--${color});stroke-width:2"/><text x="${x}" y="20" text-anchor="middle">${index + 1}</text></g>
`;
}

function segment(x: number, from: number, to: number, dashed: boolean): Html {
  return html`<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" style="stroke:var(--mark);stroke-width:2${dashed && ';stroke-dasharray:2 4;opacity:.6'}"/>`;
}

function signOf(mark: NonNullable<PathEntry['marks'][number]>, x: number, y: number): Html {
  switch (mark) {
    case 'reject':
      return html`<path d="M${x - 6} ${y - 6}l12 12m0 -12l-12 12" style="stroke:var(--error);stroke-width:3;fill:none"/>`;
    case 'permit':
      return html`<circle cx="${x}" cy="${y}" r="6" style="fill:var(--back);stroke:var(--ok);stroke-width:3"/>`;
    case 'dunno':
      return html`<circle cx="${x}" cy="${y}" r="3.5" style="fill:var(--mark)"/>`;
    case 'unknown':
      return lettered('?', 'warning', x, y);
    case 'warning':
    case 'defer-later':
    case 'action':
      return lettered('!', 'warning', x, y);
  }
}

function lettered(letter: string, level: string, x: number, y: number): Html {
  return html`<circle cx="${x}" cy="${y}" r="8" style="fill:var(--back);stroke:var(--${level});stroke-width:2"/><text x="${x}" y="${y + 4}" text-anchor="middle" style="fill:var(--${level});font-weight:600">${letter}</text>`;
}

function shorten(text: string, most: number): string {
  const characters = Array.from(text.replaceAll(/\s+/g, ' '));
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
}
