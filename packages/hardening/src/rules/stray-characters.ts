import { printMain, printMaster } from '@postern/config';
import { defineRule, type MendedReport, type Rule } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';

const characters = [
  { pattern: /\0/g, name: 'a NUL byte', level: 'error', effect: 'Postfix stops reading the entry there' },
  {
    pattern: /^\ufeff/g,
    name: 'a byte order mark',
    level: 'error',
    effect: 'it becomes a part of the first name',
  },
  {
    pattern: /\u00a0/g,
    name: 'a no-break space',
    level: 'error',
    effect: 'to Postfix it is no white space but a part of the word',
  },
  {
    pattern: /\r(?=\n|$)/g,
    name: 'a carriage return',
    level: 'note',
    effect: 'the file has the line ends of Windows',
  },
] as const;

export const strayCharacters: Rule = defineRule({
  id: 'stray-characters',
  level: 'error',
  versions: 'all',
  source: 'readlline(3) of the source; postconf(5), "main.cf file format"',
  title: 'A file holds characters that nobody sees',
  why: 'They come with text that was copied from a web page or saved by an editor of another system, and change names and values.',
  codes: ['nul-byte'],
  *check(subject: Subject): Iterable<MendedReport> {
    const files = [
      { path: 'main.cf', text: printMain(subject.main.tree), place: (at: number) => subject.placeInMain(at) },
      {
        path: 'master.cf',
        text: printMaster(subject.master),
        place: (at: number) => subject.placeInMaster(at),
      },
    ];
    for (const { path, text, place } of files) {
      for (const { pattern, name, level, effect } of characters) {
        const found = [...text.matchAll(pattern)];
        const [first] = found;
        // In a comment they do nothing.
        const counts = found.some(({ index }) => !isComment(text, index));
        if (!first || (!counts && !name.includes('mark'))) continue;
        const times = found.length > 1 ? ` (${found.length} times)` : '';
        yield {
          at: place(first.index),
          level,
          message: `there is ${name} here${times}: ${effect}`,
          fix: [{ type: 'put-file', path, content: cleaned(text) }],
        };
      }
    }
  },
});

function isComment(text: string, index: number): boolean {
  return text
    .slice(text.lastIndexOf('\n', index - 1) + 1, index)
    .trimStart()
    .startsWith('#');
}

function cleaned(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replaceAll('\0', '')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\r(?=\n|$)/g, '');
}
