import { ControllerError } from '../error.ts';
import type { Command } from './host.ts';

/**
 * One word for a POSIX shell that it gives to the program as it is. The only place where arguments are quoted.
 *
 *     it's $(here)      'it'\''s $(here)'
 *
 * @throws ControllerError `bad-argument` for a NUL byte, which no program can be given
 */
export function quote(argument: string): string {
  if (argument.includes('\0')) {
    throw new ControllerError(
      'bad-argument',
      `${JSON.stringify(argument)} has a NUL byte in it, which no command and no file name can have. Take it out.`,
    );
  }
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command as text for sh. Messages come in English, and sbin is found by users who lack it in their PATH. */
export function shellText(command: Command): string {
  const setting =
    'LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"; export LC_ALL PATH\n';
  if ('script' in command) {
    const args = (command.args ?? []).map(quote).join(' ');
    return `${setting}set -- ${args}\n${command.script}`;
  }
  const [program] = command;
  if (program === '' || program.startsWith('-')) {
    throw new ControllerError('bad-argument', `${JSON.stringify(program)} is no name of a program.`);
  }
  return `${setting}exec ${command.map(quote).join(' ')}`;
}
