import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { quote } from './shell-text.ts';

/**
 * How a command travels to the machine: the words of a command line that are the same for every command, and what
 * comes on standard input.
 *
 * What the command line says is constant but for a random mark and a number, so that neither a login shell of
 * another kind nor a log of sudo's gets to see an argument: those arrive on standard input and are read by sh alone.
 *
 *     PASSWORD\n MARK\n TEXT DATA      sudo takes the first line where it asks; sh skips to the mark, takes TEXT
 *                                      by its length, and leaves the DATA to the command
 *
 * The mark comes back on both outputs before anything of the command's, after whatever a .bashrc had to say.
 */
export interface Envelope {
  readonly words: readonly [string, ...string[]];
  readonly stdin: Buffer;
  /** Stands on a line of its own before the command's output. */
  readonly mark: string;
}

/** How to become root; `password` for a sudo that asks. */
export interface Elevation {
  readonly password?: string;
}

// No quote marks of the other kind, no newline, no history character: any shell passes it on as it is.
const opener =
  'n=$0; l=; while IFS= read -r l; do [ "$l" = "$n" ] && break; done; [ "$l" = "$n" ] || exit 97; ' +
  'printf "\\n%s\\n" "$n"; printf "\\n%s\\n" "$n" >&2; ' +
  'eval "$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null)"';

export function seal(text: string, data: Uint8Array | string = '', elevation?: Elevation): Envelope {
  const mark = newMark();
  const program = Buffer.from(text);
  const shell = ['sh', '-c', opener, mark, String(program.length)] as const;
  const password = elevation?.password;
  return {
    mark,
    words: elevation ? [...sudo(password), ...shell] : shell,
    stdin: Buffer.concat([
      Buffer.from(password === undefined ? '' : `${password}\n`),
      Buffer.from(`${mark}\n`),
      program,
      typeof data === 'string' ? Buffer.from(data) : data,
    ]),
  };
}

/**
 * The same for a command without data and password, all on the command line, packed and as base64: it saves the wait until
 * the other side says that it started. Undefined where that is longer than every server takes.
 */
export function sealInline(text: string, elevated: boolean): Envelope | undefined {
  const mark = newMark();
  const program = Buffer.from(text);
  // The lowest level packs nearly as well, in a third of the time.
  const packed = gzipSync(Buffer.concat([Buffer.from(`${mark}\n`), program]), { level: 1 }).toString(
    'base64',
  );
  if (packed.length > longestPacked) return undefined;
  const inner = elevated ? 'sudo -n sh -c "$3" "$0" "$1"' : 'sh -c "$3" "$0" "$1"';
  const words = [
    'sh',
    '-c',
    `printf %s "$2" | base64 -d | gzip -dc | ${inner}`,
    mark,
    String(program.length),
    packed,
    opener,
  ] as const;
  return { mark, words, stdin: Buffer.alloc(0) };
}

/** The words as a command line for a login shell of any kind. */
export function commandLine({ words }: Envelope): string {
  return `exec ${words.map(quote).join(' ')}`;
}

function sudo(password: string | undefined): readonly [string, ...string[]] {
  return password === undefined ? ['sudo', '-n'] : ['sudo', '-S', '-p', ''];
}

function newMark(): string {
  return `postern-${randomBytes(12).toString('hex')}`;
}

/** Linux takes 128 KiB for one argument, and OpenSSH as much; servers made with libraries as ssh2 take 35 000 bytes for all. */
const longestPacked = 32_000;
