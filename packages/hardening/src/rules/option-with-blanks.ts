import { fieldsOf, type Service } from '@postern/config';
import { defineRule, type Edit, type Report, type Rule } from '../rule.ts';
import type { ServiceView, Subject } from '../subject/subject.ts';

/** Programs whose arguments are their own affair. */
const takesArguments = /^(pipe|spawn)$/;

export const optionWithBlanks: Rule = defineRule({
  id: 'option-with-blanks',
  level: 'error',
  versions: 'all',
  source: 'master(5), "Command name + arguments"',
  title: 'An -o override is cut off at a blank',
  why: 'White space ends an argument of master.cf. What follows is an argument of its own, on which the program stops, or is lost; with { } (3.0 and later) or without blanks it stays together.',
  byHand: {
    because:
      'The program takes arguments of its own, or a brace is not closed where it should be: where the value ends is a guess.',
    steps:
      'Write the option as `-o { name = value with blanks }` (3.0 and later), or put the value into main.cf under a name of your own and write `-o name=$that_name`.',
  },
  codes: ['option-without-setting', 'text-after-brace', 'unclosed-brace'],
  *check(subject: Subject): Iterable<Report> {
    const problems = subject.problems('option-without-setting', 'text-after-brace', 'unclosed-brace');
    for (const { message, level, at, service, code } of problems) {
      yield {
        message,
        level,
        at,
        fix: code === 'option-without-setting' ? joined(service, subject) : undefined,
      };
    }
    for (const view of subject.services) {
      const { service } = view;
      const words = wordsLeft(service).slice(0, 3);
      if (words.length === 0 || problems.some((each) => each.service?.entry === view.entry)) continue;
      yield {
        at: view.at,
        message: `${service.name} gets ${words.map((word) => `"${word}"`).join(' ')} as an argument: the value of -o ${service.options.at(-1)?.name} ends before it`,
        fix: joined(view, subject),
      };
    }
  },
});

/** What stands behind the options of one of Postfix's own programs, which take no arguments. */
function wordsLeft({ command, options, arguments: words }: Service): readonly string[] {
  if (options.length === 0 || command.includes('/') || takesArguments.test(command)) return [];
  return words.filter((word) => !word.startsWith('-'));
}

/** The entry with each option and what follows it in one piece: `-o name = value`, `-o name=a, b`. */
function joined(view: ServiceView | undefined, subject: Subject): Edit[] | undefined {
  if (!view || takesArguments.test(view.service.command)) return undefined;
  const { entry } = view;
  const end = fieldsOf(entry)[7]!.range.end;
  const words = entry.text.slice(end).replaceAll(/\n[^\S\n]*#[^\n]*/g, '');
  const options: string[] = [];
  for (const part of words.split(/\s(?=-)/).map((each) => each.trim())) {
    const option = /^-o\s*\{?\s*(\w+)\s*=\s*(.*?)\s*\}?$/s.exec(part);
    const written = option ? inOnePiece(option[1]!, option[2]!, subject) : /^(-\w+)?$/.exec(part)?.[0];
    if (written === undefined || part === '-o') return undefined;
    if (written !== '') options.push(`\n  ${written}`);
  }
  const text = `${entry.text.slice(0, end)}${options.join('')}\n`;
  const content = subject.master.entries.map((each) => (each === entry ? text : each.text)).join('');
  return [{ type: 'put-file', path: 'master.cf', content }];
}

function inOnePiece(name: string, value: string, subject: Subject): string | undefined {
  const tight = value.replaceAll(/\s+/g, ' ').replaceAll(/,\s/g, ',');
  if (!tight.includes(' ')) return `-o ${name}=${tight}`;
  return subject.satisfies('>=3.0') ? `-o { ${name} = ${tight} }` : undefined;
}
