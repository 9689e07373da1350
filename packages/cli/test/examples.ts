import { execFileSync } from 'node:child_process';

/** The lines below "Example:" or "Examples:" that begin with two blanks. */
export function examplesIn(help: string): string[] {
  const [, block = ''] = /^Examples?\b.*:\n((?: {2}.*\n?)*)/m.exec(help) ?? [];
  return block.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

/** The words of each `postern` in a line, as a shell takes it apart; redirections are left out. */
export function commandsIn(line: string): string[][] {
  const script = 'postern() { printf "%s\\n" "$#" "$@"; }; postfix() { :; }\n';
  const quiet = line.replaceAll(/ [<>] \S+/g, '');
  const lines = execFileSync('bash', ['-c', script + quiet], { encoding: 'utf8' }).split('\n');
  const commands: string[][] = [];
  while (lines.length > 1) commands.push(lines.splice(0, Number(lines.shift())));
  return commands;
}
