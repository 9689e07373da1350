import { isSpace, skipSpace, trimEnd } from '../syntax/source.ts';
import { alignElements } from './alignment.ts';

/** An element of a list value and where it stands. */
interface Element {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The words of a list value: what stands between commas and white space; braces keep what is inside together. */
export function wordsOf(value: string): string[] {
  return locateWords(value).map(({ text }) => text);
}

export function locateWords(value: string): Element[] {
  return locate(value, (code) => code === 0x2c || isSpace(code));
}

/** What stands between the commas of a list value, trimmed: a restriction together with its argument. */
export function locateItems(value: string): Element[] {
  return locate(value, (code) => code === 0x2c).flatMap(({ text, start }) => {
    const from = skipSpace(text, 0, text.length);
    const to = trimEnd(text, from, text.length);
    return from === to ? [] : [{ text: text.slice(from, to), start: start + from, end: start + to }];
  });
}

function locate(value: string, isSeparator: (code: number) => boolean): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < value.length;) {
    if (isSeparator(value.charCodeAt(at))) {
      at++;
      continue;
    }
    const start = at;
    let depth = 0;
    for (; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === 0x7b) depth++;
      else if (code === 0x7d && depth > 0) depth--;
      else if (depth === 0 && isSeparator(code)) break;
    }
    elements.push({ text: value.slice(start, at), start, end: at });
  }
  return elements;
}

/** A list as it is laid out: what stands before, between and behind its elements, comments included. */
export interface ListLayout {
  /** One element for each gap but the first. */
  readonly elements: readonly string[];
  /** `gaps[0]` comes before the first element, `gaps[n]` behind the last. */
  readonly gaps: readonly string[];
}

/** An element that the list shall have; `joined` keeps it on the line of the one before it, without a comma. */
export interface WantedElement {
  readonly text: string;
  readonly joined: boolean;
}

/**
 * Changes the elements of a laid-out list and leaves the lines of the others alone.
 *
 *     name =              name =
 *         a,                  a,
 *     # about b           # about b
 *         b,                  x,
 *         c                   c          a x c
 *
 * An element that goes takes its line along when it has one of its own; comments stay. An element that
 * comes is put on a line of its own where that is the list's style, with the indentation and the comma
 * of its neighbours.
 */
export function relayList(list: ListLayout, wanted: readonly WantedElement[], eol: string): string {
  const style = styleOf(list, eol);
  const elements: string[] = [];
  const gaps: string[] = [list.gaps[0]!];
  for (const step of alignElements(
    list.elements,
    wanted.map(({ text }) => text),
  )) {
    if (step.type === 'take') {
      elements.push(step.text);
      gaps.push(list.gaps[step.old + 1]!);
    } else if (step.type === 'insert') {
      insertBehind(elements, gaps, step.text, wanted[elements.length]!.joined ? ' ' : style.separator);
    } else {
      const isTail = step.old === list.elements.length - 1;
      gaps.push(joinGaps(gaps.pop()!, list.gaps[step.old + 1]!, elements.length === 0, isTail));
    }
  }
  return print(elements, gaps, style);
}

interface Style {
  readonly trailingComma: boolean;
  /** What comes between an element and a new one. */
  readonly separator: string;
}

function styleOf({ gaps, elements }: ListLayout, eol: string): Style {
  const inner = gaps.slice(1, -1);
  const broken = inner.filter((gap) => gap.includes('\n')).length;
  const onePerLine = inner.length > 0 ? broken * 2 >= inner.length : gaps[0]!.includes('\n');
  const comma =
    inner.length > 0 ? inner.filter((gap) => speaksComma(gap)).length * 2 >= inner.length : onePerLine;
  const model = inner.findLast((gap) => gap.includes('\n')) ?? gaps[0]!;
  const indent = model.includes('\n')
    ? model.slice(model.lastIndexOf('\n') + 1).replaceAll(',', ' ')
    : '    ';
  const last = gaps.at(-1)!;
  return {
    trailingComma: elements.length > 0 && speaksComma(last),
    separator: (comma ? ',' : '') + (onePerLine ? eol + (indent === '' ? '    ' : indent) : ' '),
  };
}

/** Whether the gap holds a comma outside its comment lines. */
function speaksComma(gap: string): boolean {
  return firstLine(gap).includes(',') || gap.slice(gap.lastIndexOf('\n') + 1).includes(',');
}

function firstLine(gap: string): string {
  const newline = gap.indexOf('\n');
  return newline < 0 ? gap : gap.slice(0, newline);
}

function insertBehind(elements: string[], gaps: string[], text: string, separator: string): void {
  const open = gaps.pop()!;
  // What stands before the first element stays before the first; any other gap stays before what follows it.
  if (elements.length === 0) gaps.push(open, separator);
  else gaps.push(separator, open);
  elements.push(text);
}

/** The gap that is left when the element between two gaps goes; `first` and `tail` say where it stood. */
function joinGaps(before: string, after: string, first: boolean, tail: boolean): string {
  const lineStart = before.lastIndexOf('\n') + 1;
  const newline = after.indexOf('\n');
  const beganLine = lineStart > 0;
  const endedLine = newline >= 0 || tail;
  if (beganLine)
    return endedLine ? before.slice(0, lineStart) + (newline < 0 ? '' : after.slice(newline + 1)) : before;
  if (!first) return after;
  return endedLine ? before.trimEnd() + (newline < 0 ? '' : after.slice(lineBreak(after, newline))) : before;
}

function lineBreak(gap: string, newline: number): number {
  return gap.charCodeAt(newline - 1) === 0x0d ? newline - 1 : newline;
}

function print(elements: readonly string[], gaps: readonly string[], style: Style): string {
  let text = gaps[0]!;
  elements.forEach((element, at) => {
    const gap = gaps[at + 1]!;
    text += element + (at === elements.length - 1 ? withComma(gap, style.trailingComma) : gap);
  });
  return text;
}

/** The gap with or without a comma before its first line ends. */
function withComma(gap: string, comma: boolean): string {
  const line = firstLine(gap);
  const rest = gap.slice(line.length);
  if (line.includes(',') === comma) return gap;
  return (comma ? `,${line}` : line.replaceAll(',', '')) + rest;
}
