/** The end of a change: what Postfix has logged since, then confirmed or undone. */
export const settle = `
log_file() {
  defaults
  log=$(setting maillog_file "$own_log")
  [ -n "$log" ] || for log in /var/log/mail.log /var/log/maillog; do [ ! -e "$log" ] || break; done
  [ -e "$log" ] || log=
}
mark_log() {
  log_file
  if [ -n "$log" ]; then printf '%s\\n' "$log" $(stat -c '%i %s' -- "$log"); else printf 'journal\\n-\\n%s\\n' "$(now)"; fi >"$change/log"
}
# Complaints since the change that were not there before it. Numbers differ from process to process.
complaints() {
  { IFS= read -r log; IFS= read -r inode; IFS= read -r position; } <"$change/log" || return 0
  wanted='postfix[^ ]*\\[[0-9]+\\]: (fatal|panic|error): |throttling'
  if [ "$log" = journal ]; then
    ! command -v journalctl >/dev/null || journalctl -q -o short --since "@$position" 2>/dev/null | grep -aE "$wanted" | tail -n 20
    return 0
  fi
  [ -e "$log" ] || return 0
  set -- $(stat -c '%i %s' -- "$log")
  [ "$1" = "$inode" ] && [ "$2" -ge "$position" ] || position=0
  tail -c "+$((position + 1))" -- "$log" | grep -aqE "$wanted" || return 0
  { head -c "$position" "$log" | tail -c 65536; echo '--- since ---'; tail -c "+$((position + 1))" "$log"; } |
    awk -v wanted="$wanted" '
      /^--- since ---$/ { since = 1; next }
      $0 !~ wanted { next }
      { plain = $0; sub(/^.*postfix[^ ]*\\[[0-9]+\\]: /, "", plain); gsub(/[0-9]+/, "0", plain) }
      !since { seen[plain] = 1; next }
      !(plain in seen) { print; if (++count == 20) exit }'
}
settle() { # lines: id, what to do when all is well (confirm or leave), what the probes found wrong or nothing
  IFS= read -r id; IFS= read -r deed; IFS= read -r wrong
  is_id "$id" || fail step-failed 'the request has no id'
  lock 30
  change=$state/changes/$id
  [ "$(pending)" = "$id" ] && [ "$(phase_of "$id")" = committed ] || {
    recover
    fail not-pending "change $id is not waiting to be confirmed: $(phase_of "$id" || echo 'there is none'). $(line_of "$state/changes/$id/reason")"
  }
  directory=$(line_of "$change/directory")
  deadline=$(line_of "$change/deadline")
  [ "$deadline" -gt "$(now)" ] || { undo_now "$id"; fail not-pending "change $id was rolled back: nobody confirmed it in time"; }
  case $deed in
    roll-back) undo_now "$id"; printf '%s\\n' "$wrong" >"$change/reason"; say "rolled-back $id"; return ;;
    confirm|leave)
      found=$(complaints)
      if [ "$(line_of "$change/was-running")" = yes ] && [ -z "$(master_pid)" ]; then found="Postfix is not running any more
$found"; fi
      if [ -n "$found" ]; then
        undo_now "$id"
        printf '%s\\n' "$found" >"$change/reason"
        say "rolled-back $id"
        say "log $(printf %s "$found" | base64 -w 0)"
        return
      fi ;;
    keep) ;;
  esac
  if [ "$deed" = leave ]; then say "left $id $(( deadline - $(now) ))"; return; fi
  set_phase "$id" confirmed
  disarm "$id"
  each_file drop_staged
  rm -f "$state/pending" "$change/program" "$change/watchdog"
  forget_old
  say "confirmed $id"
}
# Undoes a change that waits.
roll_back() {
  IFS= read -r id
  is_id "$id" || fail step-failed 'the request has no id'
  lock 30
  change=$state/changes/$id
  [ "$(pending)" = "$id" ] || fail not-pending "change $id is not waiting to be confirmed"
  undo_now "$id"
  printf 'rolled back by hand\\n' >"$change/reason"
  say "rolled-back $id"
}
forget_old() {
  set -- "$state/changes"/*
  while [ $# -gt 50 ]; do is_id "\${1##*/}" && rm -rf "$1"; shift; done
}
history() {
  IFS= read -r most
  for id in $(ls "$state/changes" 2>/dev/null | tail -n "$most"); do
    say "change $id $(phase_of "$id") $( { base64 -w 0 <"$state/changes/$id/record"; } 2>/dev/null)"
  done
  say end
}
`;
