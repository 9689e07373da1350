import type { CommandPage } from './commands.ts';

/** The page of the documentation: each command with its help as it is printed. */
export function markdownPage(commands: readonly CommandPage[]): string {
  const sections = commands.map(({ name, help }) => `## postern ${name}\n\n\`\`\`text\n${help}\n\`\`\``);
  return [
    '# Every subcommand',
    '',
    'What `postern COMMAND --help` prints, for all of them. [The command](../guide/command.md) tells what they have in common.',
    '',
    ...sections.flatMap((section) => [section, '']),
  ].join('\n');
}
