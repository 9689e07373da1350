import type { Change } from './change.ts';
import { normalPath } from './path.ts';
import type { Files, Plan } from './plan.ts';

/** What stands in place of a secret. */
const mask = '********';

/**
 * The files with every secret masked, line for line: the result has as many lines as the original, so that
 * a place in one is the same place in the other.
 *
 * Masked are: what follows the key in tables of passwords (by name, or because a `…_sasl_password_maps` names
 * them), private keys, `static:` and `inline:` passwords in main.cf and master.cf, the passwords in table
 * definitions (`password`, `bind_pw`), `user:password@` in addresses, and the keys that some block lists
 * want in the name of their zone.
 *
 * @param named  the secret files, where the files at hand do not say it themselves (see `findSecretFiles`)
 */
export function maskSecrets(files: Files, named: ReadonlySet<string> = findSecretFiles(files)): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      isSecretFile(path, named) ? maskTable(text) : maskLines(text),
    ]),
  );
}

/** The tables and keys that main.cf and master.cf name as such. */
export function findSecretFiles(...states: readonly Files[]): ReadonlySet<string> {
  const texts = states.flatMap((files) => [files['main.cf'] ?? '', files['master.cf'] ?? '']);
  return new Set(texts.flatMap(secretFilesNamedIn));
}

/** Whether a file is secret as a whole: by its name, or because it is one of `named`. */
export function isSecretFile(path: string, named: ReadonlySet<string> = new Set()): boolean {
  const file = normalPath(path);
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (/passw|secret|credential|privkey|\.key$|shadow/i.test(name)) return true;
  return [...named].some(
    (other) => other === file || other.endsWith(`/${file}`) || file.endsWith(`/${other}`),
  );
}

/** The plan as it may be shown or logged: the same changes, their secrets masked. It can no longer be applied. */
export function redactPlan(plan: Plan, files: Files = {}): Plan {
  const settings = plan.changes.map(settingOf).join('\n');
  const named = findSecretFiles(files, { 'main.cf': settings });
  return { ...plan, changes: plan.changes.map((change) => redactChange(change, named)) };
}

function redactChange(change: Change, named: ReadonlySet<string>): Change {
  switch (change.type) {
    case 'set-parameter':
      return { ...change, value: maskValue(change.name, change.value) };
    case 'put-file':
      return { ...change, content: maskSecrets({ [change.path]: change.content }, named)[change.path]! };
    case 'set-service-option':
      return change.value === null ? change : { ...change, value: maskValue(change.option, change.value) };
    case 'put-service': {
      const options = change.service.options.map(({ name, value }) => ({
        name,
        value: maskValue(name, value),
      }));
      const args = change.service.arguments.map((text) => maskLines(text));
      return { ...change, service: { ...change.service, options, arguments: args } };
    }
    default:
      return change;
  }
}

function settingOf(change: Change): string {
  if (change.type === 'set-parameter') return `${change.name} = ${change.value}`;
  if (change.type === 'set-service-option') return `${change.option} = ${change.value ?? ''}`;
  if (change.type !== 'put-service') return '';
  return change.service.options.map(({ name, value }) => `${name} = ${value}`).join('\n');
}

function maskValue(name: string, value: string): string {
  return maskLines(`${name} = ${value}`).slice(name.length + 3);
}

const secretSetting =
  /(?:^|[\s{])-?o?\s*[\w-]*(?:_sasl_password_maps|_tls_(?:ec|d)?key_file|_tls_chain_files)\s*=\s*/;

function secretFilesNamedIn(text: string): string[] {
  const found: string[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const trimmed = line.trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const setting = secretSetting.exec(line);
    open = setting !== null || (open && trimmed !== line);
    if (!open) continue;
    const value = setting ? line.slice(setting.index + setting[0].length) : line;
    for (const word of value.split(/[\s,{}]+/)) {
      const path = word.replace(/^(?:[a-z]+:)+/, '').replace(/^\$[({]?config_directory[)}]?\//, '');
      if (/^[^$=]*[\w-]$/.test(path)) found.push(normalPath(path));
    }
  }
  return found;
}

/** Keys stay, what follows them goes; so do comments, where old passwords tend to live on. */
function maskTable(text: string): string {
  return eachLine(text, (line) => {
    if (line.trim() === '' || /^-----(BEGIN|END) /.test(line)) return line;
    const key = /^(?:[^\s#]+(?=\s)|#)/.exec(line)?.[0];
    return key === undefined ? mask : `${key} ${mask}`;
  });
}

/** Masks what is secret wherever it stands: in main.cf, in master.cf, in a table's definition, in a key file. */
function maskLines(text: string): string {
  let inKey = false;
  let value: OpenValue = 'public';
  return eachLine(text, (line) => {
    if (line.startsWith('-----END ')) inKey = false;
    if (inKey) return mask;
    if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) inKey = true;

    const isSilent = /^\s*(#|$)/.test(line);
    const begins = isSilent || /^\S|^\s+-o/.test(line);
    const read = maskSetting(line, begins ? 'public' : value);
    // Comments and blank lines do not end the value that they stand in.
    if (!isSilent) value = read.value;
    return read.line.replace(userInAddress, `$1${mask}@`).replace(zoneKey, mask);
  });
}

/** What the value that goes on to the next line is: nothing to hide, tables of which some hold passwords, a password. */
type OpenValue = 'public' | 'tables' | 'secret';

/**
 * Masks the password on a line, given what the line continues.
 *
 *     smtp_sasl_password_maps = static:user:password
 *     -o { smtp_sasl_password_maps = inline:{mx=user:password} }
 *     password = secret           bind_pw = secret        ldapsource_bind_pw = secret
 */
function maskSetting(line: string, continued: OpenValue): { line: string; value: OpenValue } {
  if (continued === 'secret') return { line: hideFrom(line, /^\s*/.exec(line)![0].length), value: 'secret' };
  const password = passwordSetting.exec(line);
  if (password) return { line: hideFrom(line, password[0].length), value: 'secret' };
  const tables = tablesSetting.exec(line);
  if (!tables && continued === 'public') return { line, value: 'public' };
  const start = tables?.[0].length ?? 0;
  const inPlace = /(?:^|[\s,={])(?:static|inline):\s*/.exec(line.slice(start));
  if (!inPlace) return { line, value: 'tables' };
  return { line: hideFrom(line, start + inPlace.index + inPlace[0].length), value: 'secret' };
}

function hideFrom(line: string, start: number): string {
  return start >= line.length ? line : line.slice(0, start) + mask;
}

const passwordSetting = /^(?:.*\s-o)?[\s#{]*(?:[\w-]+_)?(?:password|passwd|bind_pw|secret)\s*=\s*/;
const tablesSetting = /^(?:.*\s-o)?[\s#{]*[\w-]+_sasl_password_maps\s*=\s*/;
const userInAddress = /(\w:\/\/[^\s/:@]+:)[^\s/@]+@/g;
const zoneKey = /\b[a-z0-9]{16,}(?=\.(?:[a-z0-9-]+\.)*(?:dq\.spamhaus\.net|mail\.abusix\.zone)\b)/gi;

function eachLine(text: string, map: (line: string) => string): string {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? `${map(line.slice(0, -1))}\r` : map(line)))
    .join('\n');
}
