import { restriction, restrictionNames } from '@postern/config';
import type { Host } from '../host/host.ts';
import { wordsOf, type Word } from '../host/words.ts';
import type { Place } from '../model/verdict.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import { checks } from './checks.ts';

/** A restriction as smtpd carries it out. */
export type Check = (run: Evaluation, argument: string, context: Context) => Status;

export interface RestrictionNode extends Place {
  /** In lower case; the name as written for a class. */
  readonly name: string;
  readonly argument: string | undefined;
  readonly kind: 'check' | 'class' | 'table' | 'warn' | 'fault';
  readonly check: Check;
  /** What is wrong, for a fault. */
  readonly because?: string;
}

/** A restriction list or class, ready to be carried out. */
export interface CompiledList {
  readonly name: string;
  readonly nodes: readonly RestrictionNode[];
}

const nothing: Check = () => 'dunno';
const versions = new Map<string, ReadonlySet<string>>();

/** Compiles the list that a parameter holds. */
export function compileList(host: Host, parameter: string): CompiledList {
  return { name: parameter, nodes: compileWords(host, wordsOf(host.settings, parameter)) };
}

/** Compiles the words of a list, or of the right-hand side of an access table. */
export function compileWords(host: Host, words: readonly Word[]): RestrictionNode[] {
  const nodes: RestrictionNode[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const place = { file: word.file, line: word.line };
    const name = word.text.toLowerCase();
    const fault = (because: string): void =>
      void nodes.push({ name, argument: undefined, kind: 'fault', check: nothing, because, ...place });
    if (name === 'warn_if_reject') {
      nodes.push({ name, argument: undefined, kind: 'warn', check: nothing, ...place });
    } else if (word.text.includes(':')) {
      nodes.push({ name: '', argument: word.text, kind: 'table', check: nothing, ...place });
    } else if (!namesOf(host.configuration.version).has(name)) {
      if (host.isClass(word.text))
        nodes.push({ name: word.text, argument: undefined, kind: 'class', check: nothing, ...place });
      else fault(`unknown smtpd restriction: ${word.text}`);
    } else {
      const argument = restriction(name)?.argument;
      const next = argument === undefined ? undefined : words[at + 1]?.text;
      if (argument === undefined) {
        nodes.push({ name, argument: undefined, kind: 'check', check: checks[name]!, ...place });
        continue;
      }
      const good =
        next !== undefined &&
        (argument === 'table' || argument === 'policy-server'
          ? next.includes(':')
          : argument === 'seconds'
            ? /^\d+$/.test(next)
            : true);
      if (good) {
        nodes.push({ name, argument: next, kind: 'check', check: checks[name]!, ...place });
        at++;
      } else if (argument === 'list-domain') {
        nodes.push({ name, argument: undefined, kind: 'check', check: nothing, ...place });
      } else {
        fault(`${name} must be followed by ${argument === 'seconds' ? 'a number' : 'type:name'}`);
      }
    }
  }
  return nodes;
}

/** What the version, as distributions build it, knows. */
function namesOf(version: string): ReadonlySet<string> {
  let names = versions.get(version);
  if (!names) {
    names = new Set(restrictionNames(version).filter((name) => restriction(name)?.build === undefined));
    versions.set(version, names);
  }
  return names;
}
