import type { Range } from '../syntax/source.ts';

const tabWidth = 8;

/**
 * Puts other text where a field of a line stands and takes up the difference in the blanks behind it,
 * so that the columns to the right stay where they were as long as there is room.
 *
 *     smtp      inet  n       -       y       -       -       smtpd
 *     smtp      inet  n       -       n       -       100     smtpd
 */
export function replaceField(text: string, range: Range, wanted: string): string {
  const gapEnd = endOfBlanks(text, range.end);
  const gap = text.slice(range.end, gapEnd);
  const behind = text.slice(gapEnd);
  const head = text.slice(0, range.start) + wanted;
  if (gap === '' || behind === '' || /^[\r\n]/.test(behind)) return head + gap + behind;
  const target = columnAt(text, gapEnd);
  const reached = columnAt(head, head.length);
  if (reached >= target) return `${head} ${behind}`;
  return head + (gap.includes('\t') ? tabsUntil(reached, target) : ' '.repeat(target - reached)) + behind;
}

function endOfBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

/** The column of an offset as a terminal shows it, from 0, with a tab stop every eight. */
function columnAt(text: string, offset: number): number {
  let column = 0;
  for (let at = text.lastIndexOf('\n', offset - 1) + 1; at < offset; at++) {
    column = text[at] === '\t' ? column + tabWidth - (column % tabWidth) : column + 1;
  }
  return column;
}

function tabsUntil(reached: number, target: number): string {
  const tabs = Math.floor(target / tabWidth) - Math.floor(reached / tabWidth);
  return tabs > 0 ? '\t'.repeat(tabs) + ' '.repeat(target % tabWidth) : ' '.repeat(target - reached);
}
