/**
 * The beginning of the program that runs on the host: how it speaks, where it keeps things, and who may run it at a time.
 *
 *     /var/lib/postern/lock          held with flock(1) while anything is done; free when its holder dies
 *     /var/lib/postern/pending       the id of the change that is under way or waits to be confirmed
 *     /var/lib/postern/changes/ID/   a change: phase, files, before/, after/, record, program …
 *
 * It goes on when its reader has gone away: a cut connection must not leave half of a step. Everything it is told
 * comes as whole lines or counted bytes on standard input; nothing it is told ever becomes part of its text.
 */
export const prelude = `
umask 022
trap '' HUP PIPE
state=/var/lib/postern
change=
stage=
version=
say() { printf '%s\\n' "$*" 2>/dev/null || :; }
# For texts of other programs: on one line.
said() { tr -c '[:print:]\\n' '?' <"$1" | tr '\\n' ' ' | cut -c 1-1500; }
fail() { # fail CODE TEXT
  [ -z "$stage" ] || abandon
  say "failed $1 $2"
  exit 1
}
# What the last command complained of, as the code of what to do about it.
trouble() { # trouble WHERE
  case $(said "$errors") in
    *'No space left'*|*'quota exceeded'*) code=no-space ;;
    *'Read-only file system'*) code=read-only ;;
    *'I/O error'*) if [ "$(df -P "$state" 2>/dev/null | awk 'NR == 2 { print $4 }')" = 0 ]; then code=no-space; else code=write-failed; fi ;;
    *'Permission denied'*|*'not permitted'*) code=permission-denied ;;
    *) code=write-failed ;;
  esac
  fail "$code" "$1: $(said "$errors")$(immutable "$1")"
}
immutable() { # why a file cannot be changed even by root, where that is so
  case $(lsattr -d -- "$1" 2>/dev/null | cut -d ' ' -f 1) in *i*) echo ' It is immutable; chattr -i lets it be changed.' ;; esac
}
errors=$(mktemp /tmp/postern.XXXXXX 2>/dev/null) || errors=$(mktemp /run/postern.XXXXXX 2>/dev/null) || errors=/dev/null
trap '[ "$errors" = /dev/null ] || rm -f "$errors"' EXIT
is_id() { case $1 in ''|*[!0-9A-Za-z-]*) return 1 ;; esac; }
hash_of() { hash=$(sha256sum <"$1" 2>/dev/null) && printf %s "\${hash%% *}"; }
# The first line of a small file. A program for it would cost more than the reading.
line_of() { { IFS= read -r line <"$1"; } 2>/dev/null && printf '%s\\n' "$line"; }
now() { date +%s; }
lock() { # lock SECONDS
  [ -d "$state/changes" ] || { mkdir -p "$state/changes" 2>"$errors" && chmod 700 "$state" 2>"$errors"; } || trouble "$state"
  ( : >>"$state/lock" ) 2>"$errors" || trouble "$state/lock"
  command -v flock >/dev/null || fail step-failed 'there is no flock; install util-linux'
  exec 9>>"$state/lock"
  flock -w "$1" 9 || fail locked "somebody else is changing this host ($(cat "$state/holder" 2>/dev/null)). Wait until it is done."
  printf '%s, process %s\\n' "$operation" "$$" >"$state/holder" 2>/dev/null || :
}
phase_of() { line_of "$state/changes/$1/phase"; }
write_phase() { # write_phase ID PHASE; in one step
  printf '%s\\n' "$2" >"$state/changes/$1/phase.new" && mv -f "$state/changes/$1/phase.new" "$state/changes/$1/phase"
}
set_phase() { # set_phase ID PHASE; durably
  write_phase "$1" "$2" && sync "$state/changes/$1/phase" "$state/changes/$1" 2>/dev/null || sync
}
pending() { line_of "$state/pending"; }
boot_id() { line_of /proc/sys/kernel/random/boot_id || echo unknown; }
# Nobody who is started from here keeps the lock.
unlocked() { "$@" 9>&-; }
# What Postfix's tools would say, without their waiting for a main.cf that was modified just now to grow older.
defaults() {
  [ -z "$version" ] || return 0
  { IFS= read -r version; IFS= read -r own_folder; IFS= read -r own_log; IFS= read -r own_queue; IFS= read -r own_programs; } <<END
$(postconf -d -h mail_version config_directory maillog_file queue_directory daemon_directory 2>/dev/null)
END
}
setting() { # setting NAME DEFAULT, of the instance in $directory
  value=$(sed -n "/^$1[[:space:]]*=[[:space:]]*/{s///;h;}; \\\${x;p;}" "$directory/main.cf" 2>/dev/null)
  case $value in
    '') printf %s "$2" ;;
    *\\$*) postconf -c "$directory" -h "$1" 2>/dev/null ;;
    *) printf %s "$value" ;;
  esac
}
master_pid() { # of the instance in $directory
  defaults; pid=
  { read -r pid <"$(setting queue_directory "$own_queue")/pid/master.pid"; } 2>/dev/null
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && printf '%s' "$pid"
}
`;
