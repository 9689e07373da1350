import type { ServiceOption } from '../syntax/service.ts';
import { trimSpace } from '../syntax/source.ts';
import { ConfigError } from './config-error.ts';

/** The words of one `-o`, in the form that the version can read. */
export function writeOption({ name, value }: ServiceOption, version: string | undefined): string {
  if (!/^[^ \t\n\v\f\r={}\0]+$/.test(name)) {
    throw new ConfigError(
      'bad-name',
      `${JSON.stringify(name)} cannot be the name of an option: use one word without "="`,
    );
  }
  return `-o ${writeSetting(name, value, version)}`;
}

/** `name=value`, or `{ name = value }` when the value holds what would end or change a word. */
export function writeSetting(name: string, value: string, version: string | undefined): string {
  const line = trimSpace(value);
  if (!needsBraces(line)) return `${name}=${line}`;
  assertBracesWork(line, version, `the value ${JSON.stringify(line)} of -o ${name}`);
  return `{ ${name} = ${line} }`;
}

/** An argument of the program; one that holds blanks gets braces. */
export function writeArgument(text: string, version: string | undefined): string {
  if (text !== '' && !needsBraces(text)) return text;
  assertBracesWork(text, version, `the argument ${JSON.stringify(text)}`);
  return `{ ${text} }`;
}

/** Whether the text would not be read as one word: it holds blanks outside braces, or braces that do not pair. */
function needsBraces(text: string): boolean {
  if (text.startsWith('{')) return true;
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (depth === 0 && /\s/.test(char)) return true;
  }
  return depth > 0;
}

function assertBracesWork(text: string, version: string | undefined, what: string): void {
  if (/[\n\0]/.test(text)) {
    throw new ConfigError('bad-value', `${what} holds a line break or a NUL byte: write it on one line`);
  }
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth++;
    else if (char === '}' && --depth < 0) break;
  }
  if (depth !== 0)
    throw new ConfigError(
      'bad-value',
      `${what} holds a brace without its partner: master.cf cannot express that`,
    );
  if (version === undefined || Number.parseInt(version, 10) >= 3) return;
  throw new ConfigError(
    'needs-version',
    `${what} holds blanks, which Postfix ${version} cannot read in master.cf: set it in main.cf under a name of its own and refer to that as $name, or upgrade to 3.0`,
  );
}
