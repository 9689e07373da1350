/** What Postfix is doing now: its process, what listens, the log of the last minutes, the queue. */
export const status = `
report() {
  IFS= read -r directory; IFS= read -r minutes
  [ -n "$directory" ] || { defaults; directory=$own_folder; }
  pid=$(master_pid) && say "master $pid $(ps -o etimes= -p "$pid" 2>/dev/null | tr -d ' ')"
  defaults; queue=$(setting queue_directory "$own_queue")
  for name in maildrop incoming active deferred hold corrupt; do
    say "queue $name $(find "$queue/$name" -type f 2>/dev/null | wc -l)"
  done
  { ss -Hltn 2>/dev/null || netstat -ltn 2>/dev/null | awk '/^tcp/ {print $6, $2, $3, $4}'; } | awk '{print "listen", $4}' | sort -u
  log_file
  if [ -n "$log" ]; then tail -c 4194304 "$log"; else journalctl -q -o short --since "-\${minutes}min" 2>/dev/null; fi |
    awk -v since="$(date -d "-$minutes min" '+%Y-%m-%dT%H:%M:%S' 2>/dev/null)" -v old="$(date -d "-$minutes min" '+%m %d %H:%M:%S' 2>/dev/null)" '
      BEGIN { split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " "); for (i = 1; i <= 12; i++) month[names[i]] = sprintf("%02d", i) }
      { if ($1 in month) { if (sprintf("%s %02d %s", month[$1], $2, $3) < old) next } else if (substr($1, 1, 19) < since) next }
      / status=sent/ { n["sent"]++ } / status=deferred/ { n["deferred"]++ } / status=bounced/ { n["bounced"]++ }
      /: reject: / { n["rejected"]++ } /smtpd.*: connect from / { n["connections"]++ }
      /: warning: / { n["warnings"]++ } /: (fatal|panic|error): / { n["errors"]++ }
      END { for (name in n) print "log", name, n[name] }'
  say end
}
`;
