import { logicalLine } from './logical-line.ts';
import { isSpace, skipSpace, trimEnd, type Range } from './source.ts';

export type ServiceType = 'inet' | 'unix' | 'fifo' | 'pass' | 'unix-dgram';

const serviceTypes: ReadonlySet<string> = new Set(['inet', 'unix', 'fifo', 'pass', 'unix-dgram']);

export function isServiceType(text: string): text is ServiceType {
  return serviceTypes.has(text);
}

/** One field of a service entry as it stands, its braces included. */
export interface ServiceField {
  readonly text: string;
  /** Where it stands in the entry's text. Comments between the lines of a field in braces lie inside. */
  readonly range: Range;
}

/**
 * The fields of a service entry: words between blanks, where braces keep what is inside together.
 *
 *     smtp inet n - y - - smtpd -o { smtpd_banner = $myhostname ESMTP }
 *     ^    ^    ^ ^ ^ ^ ^ ^     ^  ^
 *
 * An unclosed brace takes the rest of the entry.
 *
 * @see mystrtokq(3) in Postfix's source
 */
export function fieldsOf(entry: { readonly text: string }): ServiceField[] {
  const line = logicalLine(entry.text);
  const fields: ServiceField[] = [];
  eachField(line.text, (start, end) => {
    const range = { start: line.offsetOf(start), end: line.offsetOf(end - 1) + 1 };
    fields.push({ text: line.text.slice(start, end), range });
    return true;
  });
  return fields;
}

/** The first eight fields, or fewer: enough to know the service. Arguments are not looked at. */
export function leadingFields(text: string): string[] {
  const fields: string[] = [];
  const { text: line } = logicalLine(text);
  eachField(line, (start, end) => fields.push(line.slice(start, end)) < 8);
  return fields;
}

function eachField(line: string, visit: (start: number, end: number) => boolean): void {
  let at = 0;
  while (at < line.length) {
    while (at < line.length && isSeparator(line.charCodeAt(at))) at++;
    if (at === line.length) return;
    const start = at;
    let depth = 0;
    for (; at < line.length; at++) {
      const code = line.charCodeAt(at);
      if (code === 0x7b) depth++;
      else if (code === 0x7d && depth > 0) depth--;
      else if (depth === 0 && isSeparator(code)) break;
    }
    if (!visit(start, at)) return;
  }
}

/** What parts fields: SP HT LF CR. VT and FF are white space elsewhere, here they are part of a word. */
function isSeparator(code: number): boolean {
  return isSpace(code) && code !== 0x0b && code !== 0x0c;
}

/** What is inside the braces that a field begins with, trimmed; a field without them is as it stands. */
export function insideBraces(field: string): {
  readonly text: string;
  readonly problem?: 'unclosed' | 'text-after-brace';
} {
  if (!field.startsWith('{')) return { text: field };
  const close = closingBrace(field);
  const end = close < 0 ? field.length : close;
  const start = skipSpace(field, 1, end);
  const text = field.slice(start, trimEnd(field, start, end));
  if (close < 0) return { text, problem: 'unclosed' };
  return close === field.length - 1 ? { text } : { text, problem: 'text-after-brace' };
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return at;
  }
  return -1;
}
