import { readFileSync } from 'node:fs';

/**
 * How a page says what its blocks are, so that a test can run them as they are printed:
 *
 *     ```sh                      commands, one a line; `\` goes on, `#` begins a comment
 *     ```text                    right after commands: what the last of them prints, these lines in this order;
 *                                `…` stands for any text
 *     ```yaml [/etc/x.yaml]      that file, there before anything is run (any language)
 *     <!-- fresh host -->        before commands: they meet a host on which nothing was changed yet
 *     <!-- exits 3: why -->        before commands: the last of them may end so
 *     <!-- not run: why -->      before commands that cannot run here: they are counted and listed
 *     ```ts                      a program; what it prints is behind `// →`, line by line
 *     <!-- goes on -->           before a program that begins with the one above
 *     <!-- given                 before a program: lines that it begins with and that no reader needs, up to
 *     -->                        the end of the comment
 */
export type Block =
  | {
      readonly type: 'commands';
      readonly line: number;
      readonly commands: readonly Command[];
      readonly fresh: boolean;
    }
  | {
      readonly type: 'not-run';
      readonly line: number;
      readonly commands: readonly Command[];
      readonly why: string;
    }
  | { readonly type: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | {
      readonly type: 'program';
      readonly line: number;
      readonly text: string;
      readonly prints: readonly string[];
    }
  | { readonly type: 'code'; readonly line: number; readonly language: string; readonly text: string };

export interface Command {
  readonly line: number;
  /** As it is printed, with its continuation lines. */
  readonly text: string;
  /** The lines that its output has to have, in this order. */
  readonly prints?: readonly string[];
  /** What it may end with besides 0 and 1. */
  readonly exits?: number;
}

const shells = new Set(['sh', 'bash', 'shell', 'console']);

/** The fenced blocks of a page, in order. @throws Error for a command in a block that is indented and not fenced */
export function readBlocks(file: string): Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(file, 'utf8').split('\n');
  let note = '';
  let given = '';
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (/^ {4}(?:\$ )?(?:npx )?postern /.test(line))
      throw new Error(
        `${file}:${index + 1}: put commands between fences, so that they are run: ${line.trim()}`,
      );
    const fence = /^(?<indent> *)(?<marks>`{3,})(?<language>\w*)(?: \[(?<path>[^\]]+)\])?/.exec(line)?.groups;
    if (!fence) {
      if (line === '<!-- given') {
        const end = lines.indexOf('-->', index);
        given = lines.slice(index + 1, end).join('\n');
        index = end;
        continue;
      }
      if (line.trim() !== '') note = line.trim();
      continue;
    }
    const body: string[] = [];
    const start = index + 1;
    while (lines[++index] !== undefined && lines[index]!.trim() !== fence['marks']!)
      body.push(lines[index]!.slice(fence['indent']!.length));
    const { language = '', path } = fence;
    const text = body.map((each) => `${each}\n`).join('');
    const why = /^<!-- not run: (.+) -->$/.exec(note)?.[1];
    if (shells.has(language)) {
      const exits = /^<!-- exits (\d): .+ -->$/.exec(note)?.[1];
      const commands = readCommands(body, start + 1).map((command, at, { length }) =>
        exits !== undefined && at === length - 1 ? { ...command, exits: Number(exits) } : command,
      );
      if (why === undefined)
        blocks.push({ type: 'commands', line: start, commands, fresh: note === '<!-- fresh host -->' });
      else blocks.push({ type: 'not-run', line: start, commands, why });
    } else if (language === 'ts') {
      const earlier =
        note === '<!-- goes on -->' ? blocks.findLast(({ type }) => type === 'program') : undefined;
      const before = earlier?.type === 'program' ? earlier.text : '';
      const whole = `${before}${given}\n${text}`;
      const prints = [...whole.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trimEnd());
      blocks.push({ type: 'program', line: start, text: whole, prints });
      given = '';
    } else if (path !== undefined) blocks.push({ type: 'file', line: start, path, text });
    else if ((language === 'text' || language === '') && note.startsWith('```')) expectOutput(blocks, body);
    else blocks.push({ type: 'code', line: start, language, text });
    note = '```';
  }
  return blocks;
}

function readCommands(body: readonly string[], firstLine: number): Command[] {
  const commands: Command[] = [];
  for (let index = 0; index < body.length; index++) {
    const line = firstLine + index;
    let text = body[index]!;
    while (text.endsWith('\\') && index + 1 < body.length) text += `\n${body[++index]}`;
    if (text.trim() !== '' && !text.trimStart().startsWith('#')) commands.push({ line, text });
  }
  return commands;
}

function expectOutput(blocks: Block[], body: readonly string[]): void {
  const last = blocks.at(-1);
  const command = last?.type === 'commands' ? last.commands.at(-1) : undefined;
  if (last?.type !== 'commands' || !command) return;
  const prints = body.filter((line) => line.trim() !== '');
  blocks.splice(-1, 1, { ...last, commands: [...last.commands.slice(0, -1), { ...command, prints }] });
}

/** The first of these lines that the output does not have after the ones before it. */
export function missingLine(output: string, prints: readonly string[]): string | undefined {
  let rest = output.split('\n').map((line) => line.trim());
  for (const wanted of prints) {
    const pattern = new RegExp(
      `^${wanted
        .trim()
        .split('…')
        .map((part) => RegExp.escape(part))
        .join('.*')}$`,
    );
    const at = rest.findIndex((line) => pattern.test(line));
    if (at < 0) return wanted;
    rest = rest.slice(at + 1);
  }
  return undefined;
}
