import { problemAt, type Problem, type ProblemFile } from '../problem.ts';
import { layoutOf } from './layout.ts';
import { logicalLine } from './logical-line.ts';
import type { MainCf, MainEntry, StrayReason } from './main-cf.ts';
import type { MasterCf, MasterEntry, ServiceEntry } from './master-cf.ts';
import { argumentsOf } from './service.ts';
import { fieldsOf, insideBraces } from './service-fields.ts';
import { trimEnd, type Range } from './source.ts';

type Words = Pick<Problem, 'level' | 'message' | 'advice'>;

const strayWords: Readonly<Record<StrayReason, Words>> = {
  'indented-start': {
    level: 'error',
    message: 'the file begins with an indented line, which Postfix drops with all that continues it',
    advice: 'Take out the white space at the start of the line, or make it a comment.',
  },
  'missing-equals': {
    level: 'error',
    message: 'there is no "=" after the name, and Postfix refuses the file',
    advice: 'Write "name = value"; indent the line if it continues the one above, or put "#" before it.',
  },
  'missing-name': {
    level: 'error',
    message: 'there is no name before the "=", and Postfix refuses the file',
    advice: 'Write "name = value", or put "#" before the line.',
  },
  'too-few-fields': {
    level: 'error',
    message: 'a service has at least eight fields, and Postfix refuses the file',
    advice:
      'Write name, type, private, unpriv, chroot, wakeup, maxproc and command; indent the line if it continues the one above.',
  },
  'unknown-service-type': {
    level: 'error',
    message: 'the second field is no service type, and Postfix refuses the file',
    advice: 'Use inet, unix, unix-dgram, fifo or pass.',
  },
};

/** What is wrong with the form of a file, before any meaning. */
export function syntaxProblems(tree: MainCf | MasterCf): Problem[] {
  const file: ProblemFile = tree.type === 'main-cf' ? 'main.cf' : 'master.cf';
  const suspects = (tree.entries as readonly (MainEntry | MasterEntry)[]).filter(isSuspect);
  if (suspects.length === 0) return [];
  const layout = layoutOf(tree);
  return suspects.flatMap((entry) => {
    const at = (range: Range, code: Problem['code'], words: Words): Problem =>
      problemAt(layout, entry, file, range, { code, ...words });
    return [
      ...(entry.type === 'stray' ? [at(strayRange(entry), entry.reason, strayWords[entry.reason])] : []),
      ...nulProblems(entry, at),
      ...(entry.type === 'service' ? argumentProblems(entry, at) : []),
    ];
  });
}

type At = (range: Range, code: Problem['code'], words: Words) => Problem;

/** Most entries are beyond doubt: only the others are taken apart. */
function isSuspect(entry: MainEntry | MasterEntry): boolean {
  if (entry.type === 'comment' || entry.type === 'blank') return false;
  return (
    entry.type === 'stray' ||
    entry.text.includes('\0') ||
    (entry.type === 'service' && /\{|\s-/.test(entry.text))
  );
}

function strayRange(entry: MainEntry | MasterEntry): Range {
  const line = logicalLine(entry.text);
  const end = trimEnd(line.text, 0, line.text.length);
  const start = line.text.length - line.text.trimStart().length;
  if (end <= start) return { start: 0, end: 0 };
  const firstLineEnd = /[\r\n]|$/.exec(entry.text.slice(line.offsetOf(start)))!.index + line.offsetOf(start);
  return { start: line.offsetOf(start), end: Math.min(line.offsetOf(end - 1) + 1, firstLineEnd) };
}

function nulProblems(entry: MainEntry | MasterEntry, at: At): Problem[] {
  const nul = entry.text.indexOf('\0');
  if (nul < 0) return [];
  const words: Words = {
    level: 'error',
    message: 'Postfix stops reading an entry at a NUL byte',
    advice: 'Take the NUL out; the file may have been saved as UTF-16.',
  };
  return [at({ start: nul, end: nul + 1 }, 'nul-byte', words)];
}

function argumentProblems(entry: ServiceEntry, at: At): Problem[] {
  return argumentsOf(fieldsOf(entry)).flatMap((part) => {
    const last = part.fields.at(-1);
    if (!last) return [];
    const brace = last.text.indexOf('{');
    // Only a field that begins with a brace is taken out of its braces; -o{…} is one, too.
    const inBraces = /^(-\w*o)?\{/.test(last.text) ? insideBraces(last.text.slice(brace)).problem : undefined;
    const found: Problem[] = [];
    if (inBraces === 'unclosed') {
      found.push(
        at(last.range, 'unclosed-brace', {
          level: 'error',
          message: 'a brace is never closed, and master(8) refuses the file',
          advice: 'Close it with "}" at the end of the argument.',
        }),
      );
    } else if (inBraces === 'text-after-brace') {
      found.push(
        at(last.range, 'text-after-brace', {
          level: 'error',
          message: 'text stands after the closing brace',
          advice: 'Put all of the argument inside the braces, or a blank between the two.',
        }),
      );
    }
    if (part.type === 'stray-option') {
      found.push(
        at(last.range, 'option-without-setting', {
          level: 'error',
          message: '-o is not followed by name=value',
          advice: 'Write "-o name=value" without blanks, or "-o { name = value }" since Postfix 3.0.',
        }),
      );
    }
    return found;
  });
}
