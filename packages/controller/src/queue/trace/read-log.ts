import { ControllerError } from '../../error.ts';
import { oneLine } from '../../host/answer.ts';
import type { Host } from '../../host/host.ts';
import { parseLogLine, type LogLine } from './log-line.ts';

/** What was found in a host's logs. */
export interface LogFind {
  /** In the order of time. */
  readonly lines: readonly LogLine[];
  /** The files that were read, the oldest first; `journal` for systemd's. */
  readonly sources: readonly string[];
  /** Whether there were more lines than are taken. */
  readonly cut: boolean;
}

/**
 * Looks for fixed texts in the mail log: the file that is written now, those that were rotated away, packed or not, and
 * the journal where there is no file. Older files come first; the last `most` lines count.
 */
const script = `
directory=$1; most=$2; how=$3
directory=\${directory:-$(postconf -dh config_directory 2>/dev/null)}
work=$(mktemp -d /tmp/postern.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
cat >"$work/wanted"
date '+clock %s %z'
log=$(sed -n 's/^maillog_file[[:space:]]*=[[:space:]]*//p' "$directory/main.cf" 2>/dev/null | tail -n 1)
[ -n "$log" ] && [ -e "$log" ] || for log in /var/log/mail.log /var/log/maillog /var/log/mail; do [ ! -f "$log" ] || break; done
unpack() {
  case $1 in
    *.gz) gzip -dc -- "$1" ;; *.xz) xz -dc -- "$1" ;; *.bz2) bzip2 -dc -- "$1" ;; *.zst) zstd -dcq -- "$1" ;;
    *) cat -- "$1" ;;
  esac
}
if [ -f "$log" ]; then
  ls -tr -- "$log" "$log".[0-9]* "$log"-[0-9]* 2>/dev/null | while IFS= read -r file; do
    written=$(stat -c %Y -- "$file" 2>/dev/null) || continue
    echo "file $written $file"
    unpack "$file" 2>"$work/trouble" | grep -a $how -f "$work/wanted" | tail -n "$most" | sed 's/^/line /'
    [ ! -s "$work/trouble" ] || { printf 'trouble '; head -n 1 "$work/trouble"; }
  done
elif command -v journalctl >/dev/null; then
  echo "file $(date +%s) journal"
  journalctl -q -o short-iso --no-pager SYSLOG_FACILITY=2 2>/dev/null | grep -a $how -f "$work/wanted" | tail -n "$most" | sed 's/^/line /'
else
  exit 44
fi
`;

/** @throws ControllerError `no-such-file` where there is no log at all */
export async function readLog(
  host: Host,
  directory: string | undefined,
  wanted: readonly string[],
  {
    caseless = false,
    most = 20_000,
    signal,
  }: { caseless?: boolean; most?: number; signal?: AbortSignal | undefined } = {},
): Promise<LogFind> {
  const { status, stdout, stderr } = await host.run(
    { script, args: [directory ?? '', String(most), caseless ? '-iF' : '-F'] },
    {
      asRoot: true,
      stdin: wanted.map((text) => `${text.replaceAll(/[\n\0]/g, '')}\n`).join(''),
      limit: 256 * 2 ** 20,
      timeout: 600_000,
      ...(signal && { signal }),
    },
  );
  if (status === 44) {
    throw new ControllerError(
      'no-such-file',
      `${host.name}: there is no mail log: neither maillog_file nor /var/log/mail.log, and no journal. Name the file in maillog_file, or install a syslog daemon.`,
    );
  }
  if (status !== 0 && stdout.length === 0) {
    throw new ControllerError('unreadable', `${host.name}: the mail log cannot be read: ${oneLine(stderr)}`);
  }
  const lines: LogLine[] = [];
  const sources: string[] = [];
  let [written, offset, taken] = [0, 0, 0];
  for (const text of stdout.toString().split('\n')) {
    if (text.startsWith('line ')) {
      taken++;
      const line = parseLogLine(text.slice('line '.length), written, offset);
      if (line) lines.push(line);
    } else if (text.startsWith('file ')) {
      const [, seconds, file = ''] = /^file (\d+) (.*)$/.exec(text) ?? [];
      written = Number(seconds);
      sources.push(file);
    } else if (text.startsWith('clock ')) {
      const [, sign, hours, minutes] = / ([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
      offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
    }
  }
  // Lines of the same second stay in the order of the log.
  return { lines: lines.toSorted((a, b) => a.at - b.at), sources, cut: taken >= most };
}
