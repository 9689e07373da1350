import { ControllerError } from '../error.ts';
import { oneLine } from './answer.ts';
import { defaultOutputLimit, type Host } from './host.ts';

/** Reading and writing files by running commands, the same for every machine that runs commands. */
export function filesOver(name: string, run: Host['run']): Pick<Host, 'readFile' | 'writeFile'> {
  return {
    async readFile(path, { limit = defaultOutputLimit, asRoot = false } = {}) {
      const command = { script: read, args: [path, String(limit)] };
      const { status, stdout, stderr } = await run(command, { asRoot, limit: limit + 1 });
      if (status === noFile) return undefined;
      if (status === tooLarge) {
        throw new ControllerError(
          'too-large',
          `${name}: ${path} has more than ${limit} bytes. Raise the limit.`,
        );
      }
      if (status !== 0) {
        throw new ControllerError('unreadable', `${name}: ${path} cannot be read: ${oneLine(stderr)}`);
      }
      return stdout;
    },
    async writeFile(path, bytes, { mode = 0o644, asRoot = false } = {}) {
      const command = { script: write, args: [path, mode.toString(8)] };
      const { status, stderr } = await run(command, { asRoot, stdin: bytes });
      if (status !== 0) {
        throw new ControllerError('write-failed', `${name}: ${path} cannot be written: ${oneLine(stderr)}`);
      }
    },
  };
}

const noFile = 44;
const tooLarge = 45;

const read = `
[ -e "$1" ] || exit ${noFile}
[ -f "$1" ] || { echo "no ordinary file" >&2; exit 1; }
size=$(wc -c <"$1") || exit 1
[ "$size" -le "$2" ] || exit ${tooLarge}
exec cat <"$1"
`;

const write = `
umask 077
target=$(readlink -f -- "$1") || target=$1
new=$target.postern-$$
trap 'rm -f -- "$new"' EXIT
cat >"$new" && chmod -- "$2" "$new" && mv -f -- "$new" "$target"
`;
