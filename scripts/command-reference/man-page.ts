import type { CommandPage } from './commands.ts';

/** The man page postern(1), in the macros of man(7). */
export function manPage(commands: readonly CommandPage[]): string {
  return `${[
    '.\\" Written by scripts/command-reference.ts from the tree of commands.',
    '.TH POSTERN 1 2026-11-23 Postern "User Commands"',
    '.SH NAME',
    'postern \\- harden, tune and operate Postfix mail servers',
    '.SH SYNOPSIS',
    '.B postern',
    '.I command',
    '.RI [ options ]',
    '.RI [ target ]',
    '.SH DESCRIPTION',
    'Says what is wrong with a Postfix configuration, plans a hardened one with a reason for every line, and applies it so that it can be undone.',
    '.PP',
    'A',
    '.I target',
    'is a folder with main.cf, the word',
    '.B local',
    'for this machine,',
    '.BR ssh://user@host:port ,',
    'or a name from the configuration file.',
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH "EXIT STATUS"',
    ...[
      ['0', 'Clean.'],
      ['1', 'Findings, pending changes, or a verdict of no.'],
      ['2', 'A mistake in the command line or in the configuration file.'],
      ['3', 'The answer cannot be known.'],
    ].flatMap(([code = '', meaning = '']) => ['.TP', `.B ${code}`, meaning]),
    '.SH ENVIRONMENT',
    ...[
      ['NO_COLOR', 'Set and not empty: no colour.'],
      ['FORCE_COLOR', 'Set, not empty and not 0: colour, also where standard output is no terminal.'],
      ['SSH_AUTH_SOCK', 'The ssh agent whose keys are offered to hosts.'],
    ].flatMap(([name = '', meaning = '']) => ['.TP', `.B ${name}`, meaning]),
    '.SH FILES',
    '.TP',
    '.BR postern.config.ts ,\\  postern.config.mjs ,\\  postern.config.json',
    'Names of targets with their options, defaults, and findings that are allowed. Looked for in the current folder and above, up to the root of a git checkout or the home folder. A file that another user could have written is not used.',
    '.SH "SEE ALSO"',
    '.BR postconf (1),',
    '.BR postfix (1),',
    '.BR postconf (5),',
    '.BR master (5)',
  ].join('\n')}\n`;
}

function section({ name, description, usage, terms, rest }: CommandPage): string[] {
  return [
    `.SS "postern ${escape(name)}"`,
    line(`${description}.`),
    '.PP',
    line(usage),
    ...terms.flatMap(([term, meaning]) => [
      '.TP',
      `.B "${escape(term).replaceAll('"', '\\(dq')}"`,
      line(meaning),
    ]),
    ...(rest === ''
      ? []
      : ['.PP', '.nf', ...rest.split('\n').map((each) => (each === '' ? '.sp' : line(each))), '.fi']),
  ];
}

/** Text that no macro is seen in. */
function line(text: string): string {
  return escape(text).replace(/^(?=[.'])/, '\\&');
}

function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '\\&...')
    .replaceAll('→', '\\(->');
}
