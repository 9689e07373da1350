import { styleText } from 'node:util';

/** How a line is meant; on a terminal each has its colour. */
export type Tone = 'error' | 'warning' | 'note' | 'ok' | 'dim' | 'added' | 'removed';

/** A line for the terminal. What follows a head is set beneath itself where it is longer than the line. */
export interface Line {
  readonly head?: string;
  readonly text: string;
  readonly tone?: Tone;
}

const paints = {
  error: 'red',
  warning: 'yellow',
  note: 'cyan',
  ok: 'green',
  dim: 'dim',
  added: 'green',
  removed: 'red',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
const width = 80;

/** Prints where the road has come to. */
export function printStation(name: string, what: string): void {
  console.log(`\n${paint('bold', name)}: ${what}\n`);
}

/** Prints lines, none of them wider than 80 columns as long as their words allow. */
export function printLines(lines: readonly (string | Line)[]): void {
  for (const line of lines) {
    const { head = '', text, tone }: Line = typeof line === 'string' ? { text: line } : line;
    const colour = (part: string): string => (tone ? paint(paints[tone], part) : part);
    const [first = '', ...rest] = wrap(printable(text), width - head.length);
    console.log(head === '' ? colour(first) : `${colour(head)}${first}`);
    for (const part of rest) console.log(`${' '.repeat(head.length)}${head === '' ? colour(part) : part}`);
  }
}

/** Breaks a text between words. The indentation of its first line is that of all, and two more. */
function wrap(text: string, room: number): string[] {
  if (text.length <= room) return [text];
  const indent = /^[-+ ]? */.exec(text)![0];
  const lines: string[] = [];
  let line = indent;
  for (const word of text.slice(indent.length).split(' ')) {
    const isEmpty = line.trim() === indent.trim();
    if (!isEmpty && line.length + 1 + word.length > room) {
      lines.push(line);
      line = `${' '.repeat(indent.length + 2)}${word}`;
    } else line += isEmpty ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** What stands in a host's files and DNS is a stranger's text, and a terminal obeys control characters. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not get through
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}

function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return color ? styleText(format, text) : text;
}
