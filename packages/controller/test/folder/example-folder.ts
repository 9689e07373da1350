import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change, Files, Plan } from '@postern/plan';

export const because = { why: 'It is safer so.', source: 'postconf(5)', versions: 'all' };

export const oldMain = '# the main road\nmyhostname = mx.example.com\nsmtpd_helo_required = no\n';
const oldMaster = 'smtp      inet  n       -       y       -       -       smtpd\n';

export function planOf(...changes: readonly Change[]): Plan {
  return { target: { name: 'mx', postfix: '3.7.11' }, changes, checks: [] };
}

/** Touches main.cf, master.cf, a table that is there and one that is not. */
export const bigPlan: Plan = planOf(
  { type: 'put-file', path: 'transport', content: 'example.org smtp:[mx2]\n', because },
  { type: 'put-file', path: 'maps/sasl_passwd', content: 'mx joe:hunter2\n', because },
  {
    type: 'set-service-option',
    name: 'smtp',
    serviceType: 'inet',
    option: 'smtpd_tls_security_level',
    value: 'may',
    because,
  },
  { type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because },
  { type: 'postfix-action', action: 'reload', because },
);

export interface ExampleFolder extends Disposable {
  readonly directory: string;
  read(path: string): string;
  write(path: string, content: string | Uint8Array): void;
}

export function exampleFolder(): ExampleFolder {
  const directory = mkdtempSync(join(tmpdir(), 'postern-folder-'));
  fillFolder(directory);
  return {
    directory,
    read: (path) => readFileSync(join(directory, path), 'utf8'),
    write: (path, content) => writeFileSync(join(directory, path), content),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

/** The files of the example before anything is done to them. */
export const exampleTexts: Files = {
  'main.cf': oldMain,
  'master.cf': oldMaster,
  transport: '# nothing yet\n',
};

export function fillFolder(directory: string): void {
  for (const [path, text] of Object.entries(exampleTexts)) writeFileSync(join(directory, path), text);
}

/** What a person sees of a folder: every name with its bytes, owner, mode and time. Our own state only when asked for. */
export function snapshot(
  directory: string,
  { state = false }: { state?: boolean } = {},
): Record<string, string> {
  const seen: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!state && (name === '.postern' || name.startsWith('.postern/'))) continue;
    const stats = lstatSync(join(directory, name), { bigint: true });
    const rest = [stats.mode.toString(8), stats.uid, stats.gid].join(' ');
    if (stats.isSymbolicLink()) seen[name] = `link ${readlinkSync(join(directory, name))}`;
    else if (stats.isDirectory()) seen[name] = `folder ${rest}`;
    else seen[name] = `${rest} ${stats.mtimeNs} ${readFileSync(join(directory, name)).toString('latin1')}`;
  }
  return seen;
}

/** The texts of all files, without our own state and what is laid out beside them. */
export function texts(directory: string): Files {
  const paths = Object.entries(snapshot(directory)).filter(
    ([path, seen]) => !/^folder|^link/.test(seen) && !path.includes('.postern-'),
  );
  return Object.fromEntries(paths.map(([path]) => [path, readFileSync(join(directory, path), 'utf8')]));
}
