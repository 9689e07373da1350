/** What Postfix is doing now: its process, what listens, the log of the last minutes, the queue. */
export const status = `
report() {
  IFS= read -r directory; IFS= read -r minutes
  n=0
  # Files of which it is asked who has changed them.
  while IFS= read -r path && [ -n "$path" ]; do
    n=$((n + 1))
    case $path in /*) ;; *) path=$directory/$path ;; esac
    witnesses "$path" | tr -c '[:print:]\\n' '?' | while IFS= read -r witness; do say "witness $n $witness"; done
  done
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
# What the host has kept of who was at work when a file was changed: a line each, none where it kept nothing.
witnesses() {
  [ -e "$1" ] || return 0
  at=$(stat -L -c %Z -- "$1")
  if command -v ausearch >/dev/null; then
    ausearch -i -f "$1" --start "$(date -d "@$((at - 60))" '+%x')" 2>/dev/null | sed -n 's/.*time->\\(.*\\)/at \\1/p; s/.* auid=\\([^ ]*\\).* exe=\\([^ ]*\\).*/audit: \\1 by \\2/p' | tail -n 4
  fi
  sessions=
  for log in /var/log/auth.log /var/log/secure; do [ ! -r "$log" ] || sessions=$log; done
  if [ -n "$sessions" ]; then tail -c 8388608 "$sessions"
  else journalctl -q -o short-iso --since "@$((at - 900))" --until "@$((at + 5))" -t sudo -t sshd -t su 2>/dev/null; fi |
    awk -v from="$(date -d "@$((at - 900))" '+%Y-%m-%dT%H:%M:%S')" -v to="$(date -d "@$((at + 5))" '+%Y-%m-%dT%H:%M:%S')" -v year="$(date -d "@$at" '+%Y')" '
      BEGIN { split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " "); for (i = 1; i <= 12; i++) month[names[i]] = sprintf("%02d", i) }
      { stamp = ($1 in month) ? sprintf("%s-%s-%02dT%s", year, month[$1], $2, $3) : substr($1, 1, 19) }
      stamp < from || stamp > to { next }
      # Of a command its first word alone: the others may be secrets.
      / sudo(\\[[0-9]+\\])?: / && /COMMAND=/ { user = $0; sub(/^.* sudo(\\[[0-9]+\\])?: */, "", user); sub(/ :.*/, "", user); command = $0; sub(/^.*COMMAND=/, "", command); sub(/ .*/, "", command); print stamp, "sudo:", user, "ran", command }
      / sshd[^ ]*: Accepted / { line = $0; sub(/^.*Accepted [^ ]+ for /, "", line); sub(/ port .*/, "", line); print stamp, "sshd: login of", line }
      / su(\\[[0-9]+\\])?: .*session opened/ { line = $0; sub(/^.*session opened for user /, "", line); print stamp, "su: to", line }' | tail -n 6
  ! command -v last >/dev/null || last -w -p "$(date -d "@$at" '+%Y%m%d%H%M%S')" 2>/dev/null | awk 'NF > 3 && $1 != "reboot" && $1 != "wtmp" && $1 != "runlevel" { print "logged in then:", $1, "on", $2, "from", $3 }' | sort -u | head -n 4
}
`;
