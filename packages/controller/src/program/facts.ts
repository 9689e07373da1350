/** What is so on the host, in one go: the system, Postfix, a change that waits, the files that were asked for. */
export const facts = `
facts() { # lines: directory, whether to recover, then one path a line
  IFS= read -r directory
  IFS= read -r mend
  say "system $(uname -s)"
  if command -v postconf >/dev/null; then
    defaults
    [ -n "$directory" ] || directory=$own_folder
    say "version $version"
  fi
  [ -n "$directory" ] || directory=/etc/postfix
  say "directory $directory"
  [ -n "$version" ] || other_server
  if unfinished; then
    say unfinished
    [ "$mend" != mend ] || { lock 10; recover; }
  fi
  id=$(pending)
  if [ -n "$id" ]; then
    left=$(( $(line_of "$state/changes/$id/deadline" || echo 0) - $(now) ))
    watch=dead; watchdog_lives "$id" && watch=alive
    say "pending $id $(phase_of "$id") $left $watch"
  fi
  if [ "$mend" != mend ] && [ -e "$state/lock" ] && command -v flock >/dev/null && ! flock -n "$state/lock" true 2>/dev/null; then say busy; fi
  for manager in apt-get dnf; do ! command -v $manager >/dev/null || say "packages $manager"; done
  if [ -n "$version" ]; then pid=$(master_pid) && say "running $pid" || say 'running no'; fi
  n=0
  while IFS= read -r path; do
    n=$((n + 1))
    case $path in
      sysctl:*) describe_sysctl "$n" "$(printf %s "$path" | cut -c 8-)" ;;
      package:*) describe_package "$n" "$(printf %s "$path" | cut -c 9-)" ;;
      fresh:*) describe_table "$n" "$(printf %s "$path" | cut -c 7-)" ;;
      /*) describe_file "$n" "$path" ;;
      *) describe_file "$n" "$directory/$path" ;;
    esac
  done
  say end
}
other_server() {
  sendmail=$(readlink -f /usr/sbin/sendmail 2>/dev/null)
  case $sendmail in ''|/usr/sbin/sendmail|*postfix*) ;; *) say "other $sendmail" ;; esac
  for daemon in exim4 exim opensmtpd smtpd; do ! command -v $daemon >/dev/null || say "other $daemon"; done
}
unfinished() {
  [ ! -e "$state/pending" ] || return 0
  ! grep -qsF 'Put here by postern' "$guard" || return 0
  for last in "$state/changes"/*; do [ ! -d "$last" ] || { [ -e "$last/phase" ] && [ ! -e "$last/unswept" ]; } || return 0; done
  return 1
}
describe_file() {
  if [ -L "$2" ] && [ ! -e "$2" ]; then say "odd $1 dangling"; return; fi
  [ -e "$2" ] || { say "absent $1"; return; }
  [ -f "$2" ] || { say "odd $1 irregular"; return; }
  about=$(stat -L -c '%s %a %u %g %U %G %Y %Z' -- "$2") && [ "\${about%% *}" -le 16777216 ] || { say "odd $1 large"; return; }
  say "file $1 \${about#* }"
  printf 'data %s ' "$1"; base64 -w 0 <"$2"; echo
}
describe_sysctl() {
  value=$(cat "/proc/sys/$(printf %s "$2" | tr . /)" 2>/dev/null) || { say "absent $1"; return; }
  say "value $1 $(printf %s "$value" | tr '\\t' ' ' | base64 -w 0)"
}
describe_package() {
  if command -v dpkg-query >/dev/null; then
    case $(dpkg-query -W -f '\${Status}' -- "$2" 2>/dev/null) in *' installed') say "value $1 aW5zdGFsbGVk" ;; *) say "absent $1" ;; esac
  elif rpm -q -- "$2" >/dev/null 2>&1; then say "value $1 aW5zdGFsbGVk"; else say "absent $1"; fi
}
# A table is fresh when what was compiled of it is there and not older than its text.
describe_table() {
  case $2 in /*) text=$2 ;; *) text=$directory/$2 ;; esac
  for suffix in db lmdb cdb dir sdbm; do
    [ -e "$text.$suffix" ] && [ ! "$text.$suffix" -ot "$text" ] && { say "value $1 ZnJlc2g="; return; }
  done
  say "absent $1"
}
`;
