import { parameter } from '../catalogue/parameter.ts';
import { ConfigError } from '../edit/config-error.ts';
import { parseDuration, printDuration } from './duration.ts';
import type { ParameterName, ParameterValue } from './name.ts';

/**
 * The text of a value as it stands after the `=`, on one line: `true` is `yes`, `{ seconds: 300 }` is `300s`,
 * lists are joined by `, `.
 *
 * @throws ConfigError `bad-value` for what Postfix would refuse or read differently: a fraction for an integer,
 * a number beyond the bounds, a list entry that would fall apart
 */
export function printValue<Name extends ParameterName>(name: Name, value: ParameterValue<Name>): string {
  const text = print(name, value);
  checkNumber(name, text);
  return text;
}

function print(name: string, value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return printNumber(name, value);
  if (Array.isArray(value)) return value.map((entry) => printEntry(name, entry)).join(', ');
  if (
    typeof value === 'object' &&
    value !== null &&
    'seconds' in value &&
    typeof value.seconds === 'number'
  ) {
    return (
      printDuration(value.seconds) ??
      refuse(name, String(value.seconds), 'a time has a whole number of seconds from 0 on')
    );
  }
  return refuse(name, String(value), 'it is neither text, a number, yes or no, a time nor a list');
}

function printNumber(name: string, value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  return refuse(name, String(value), 'it must be a whole number');
}

function printEntry(name: string, entry: unknown): string {
  if (typeof entry === 'string') return oneWord(name, entry.trim());
  if (
    typeof entry === 'object' &&
    entry !== null &&
    'restriction' in entry &&
    typeof entry.restriction === 'string'
  ) {
    const argument =
      'argument' in entry && typeof entry.argument === 'string'
        ? ` ${oneWord(name, entry.argument.trim())}`
        : '';
    return oneWord(name, entry.restriction) + argument;
  }
  return refuse(name, String(entry), 'an entry of a list is a word, or a restriction with its argument');
}

/** An entry that Postfix reads as one: without white space and commas, or in braces. */
function oneWord(name: string, text: string): string {
  if (text === '') return refuse(name, text, 'an entry of a list cannot be empty');
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (depth === 0 && /[\s,]/.test(character)) {
      return refuse(name, text, 'an entry with spaces or commas stands in { }, or is two entries');
    }
    if (depth < 0) break;
  }
  return depth === 0 ? text : refuse(name, text, 'its braces do not match');
}

/** Numbers and times are checked here, since a type cannot. Text with `$` is known only on the host. */
function checkNumber(name: string, text: string): void {
  if (text.includes('$')) return;
  const info = parameter(name);
  const { min, max } = info?.bounds ?? {};
  const number =
    info?.kind === 'integer' ? Number(text) : info?.kind === 'time' ? parseDuration(text, 's') : undefined;
  if (number === undefined || Number.isNaN(number)) return;
  if (min !== undefined && number < min) refuse(name, text, `the least value is ${min}`);
  if (max !== undefined && number > max) refuse(name, text, `the greatest value is ${max}`);
}

function refuse(name: string, value: string, reason: string): never {
  throw new ConfigError('bad-value', `${name} cannot be "${value}": ${reason}.`);
}
