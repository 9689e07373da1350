import type { Argument, Command, Option } from 'commander';
import { targetArguments } from '../settings/use.ts';
import { profileNames } from '../hardening-options.ts';

/** What can stand where the cursor is. */
export interface Completion {
  readonly words: readonly Candidate[];
  /** Whether names of files or folders can stand there too. */
  readonly paths: 'none' | 'files' | 'folders';
}

/** A word that can stand there, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What the configuration file names. */
export interface KnownNames {
  readonly targets: readonly string[];
  readonly profiles: readonly string[];
}

/**
 * What can stand where the cursor is, by the tree of commands.
 *
 * @param words  the words after `postern`; the last is the one that is being written, and may be empty
 */
export function complete(program: Command, words: readonly string[], names: KnownNames): Completion {
  const current = words.at(-1) ?? '';
  const place = walk(program, words.slice(0, -1));
  const { command, open, given, ended } = place;
  if (open) return begin(valuesOf(open, names), current);
  if (!ended && current.startsWith('--') && current.includes('=')) {
    const option = findOption(command, current.slice(0, current.indexOf('=')));
    return option ? begin(valuesOf(option, names), current.slice(current.indexOf('=') + 1)) : nothing;
  }
  if (!ended && current.startsWith('-')) {
    const help = command.createHelp();
    return begin({ words: help.visibleOptions(command).flatMap(optionWords), paths: 'none' }, current);
  }
  if (command.commands.length > 0 && given === 0) {
    const commands = command.createHelp().visibleCommands(command);
    const candidates = commands.map((each) => ({ word: each.name(), about: each.description() }));
    return begin({ words: candidates, paths: 'none' }, current);
  }
  const index = Math.min(given, command.registeredArguments.length - 1);
  const argument = command.registeredArguments[index];
  if (!argument || (given > index && !argument.variadic)) return nothing;
  if (targetArguments(command).includes(index)) return begin(targets(names), current);
  return begin(argumentValues(argument), current);
}

const nothing: Completion = { words: [], paths: 'none' };

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly open: Option | undefined;
  /** Arguments that stand there already. */
  readonly given: number;
  /** Whether `--` has ended the options. */
  readonly ended: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let given = 0;
  let open: Option | undefined;
  let ended = false;
  for (const word of words) {
    if (open && !word.startsWith('-')) {
      if (!open.variadic) open = undefined;
    } else if (!ended && word === '--') [ended, open] = [true, undefined];
    else if (!ended && word.startsWith('-') && word !== '-') {
      const option = word.includes('=') ? undefined : findOption(command, word);
      open = option?.required || option?.optional ? option : undefined;
    } else {
      const sub = given === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (sub) command = sub;
      else given++;
    }
  }
  // After one value of a variadic option both another one and anything else can stand.
  const isOpen = open && !(open.variadic && !words.at(-1)?.startsWith('-'));
  return { command, open: isOpen ? open : undefined, given, ended };
}

function findOption(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => long === word || short === word);
}

function optionWords({ long, short, description }: Option): Candidate[] {
  const word = long ?? short;
  return word === undefined ? [] : [{ word, about: description }];
}

function valuesOf(option: Option, names: KnownNames): Completion {
  if (option.argChoices) return choices(option.argChoices);
  if (option.attributeName() === 'profile')
    return { ...choices([...profileNames, ...names.profiles]), paths: 'files' };
  return { words: [], paths: pathsOf(option.flags) };
}

function argumentValues(argument: Argument): Completion {
  return argument.argChoices
    ? choices(argument.argChoices)
    : { words: [], paths: pathsOf(`<${argument.name()}>`) };
}

/** Files and folders are known by the name of the placeholder. */
function pathsOf(usage: string): Completion['paths'] {
  const [, placeholder = ''] = /[<[]([^>\].]+)/.exec(usage) ?? [];
  if (/folder|directory/.test(placeholder)) return 'folders';
  return /file|^(base|ours|theirs|inventory|where)$/.test(placeholder) ? 'files' : 'none';
}

function choices(words: readonly string[]): Completion {
  return { words: words.map((word) => ({ word, about: '' })), paths: 'none' };
}

function targets(names: KnownNames): Completion {
  return {
    words: [
      ...names.targets.map((word) => ({ word, about: 'a target of the configuration file' })),
      { word: 'local', about: 'this machine' },
      { word: 'ssh://', about: 'a host: ssh://user@host:port' },
    ],
    paths: 'folders',
  };
}

function begin({ words, paths }: Completion, current: string): Completion {
  return { words: words.filter(({ word }) => word.startsWith(current)), paths };
}
