/**
 * The dead-man's switch: a timer on the host that undoes the change unless it is confirmed in time. It needs nothing of
 * us any more: the program lies on the host, a transient unit of systemd or a process of its own session waits, and an
 * entry that runs at boot undoes what a reboot has left unconfirmed.
 */
export const watchdog = `
arm() {
  umask 077
  printf '%s' "$own_text" >"$change/program" 2>"$errors" || trouble "$change/program"
  umask 022
  boot_entry || trouble 'the entry for the next boot'
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    unlocked systemd-run --quiet --collect --unit="postern-$id" --on-active="$within" sh "$change/program" watchdog "$id" >"$errors" 2>&1 </dev/null ||
      fail step-failed "systemd-run: $(said "$errors")"
  else
    setsid sh -c 'sleep "$1"; exec sh "$2" watchdog "$3"' postern "$within" "$change/program" "$id" </dev/null >/dev/null 2>&1 9>&- &
    printf '%s\\n' "$!" >"$change/watchdog"
  fi
}
watchdog_lives() { # watchdog_lives ID
  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then systemctl is-active --quiet "postern-$1.timer"; return; fi
  pid=$(line_of "$state/changes/$1/watchdog") && [ -n "$pid" ] && grep -qsF "$1" "/proc/$pid/cmdline"
}
disarm() { # disarm ID
  rm -f /etc/systemd/system/postern-undo.service /etc/systemd/system/multi-user.target.wants/postern-undo.service \\
    /etc/cron.d/postern-undo /etc/rc2.d/S02postern-undo /etc/rc3.d/S02postern-undo /etc/init.d/postern-undo /etc/local.d/postern-undo.start 2>/dev/null
  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
    [ "$operation" = watchdog ] || systemctl stop "postern-$1.timer" >/dev/null 2>&1 </dev/null
    return 0
  fi
  [ "$operation" != watchdog ] && watchdog_lives "$1" && kill -s TERM -- "-$(line_of "$state/changes/$1/watchdog")" 2>/dev/null
  return 0
}
boot_entry() {
  run="/bin/sh $change/program watchdog $id"
  if [ -d /run/systemd/system ]; then
    mkdir -p /etc/systemd/system/multi-user.target.wants 2>"$errors" &&
      printf '[Unit]\\nDescription=Undo a mail server change that nobody confirmed\\nBefore=postfix.service postfix@-.service\\nAfter=local-fs.target\\nConditionPathExists=%s/pending\\n\\n[Service]\\nType=oneshot\\nExecStart=%s\\n\\n[Install]\\nWantedBy=multi-user.target\\n' \\
        "$state" "$run" >/etc/systemd/system/postern-undo.service 2>"$errors" &&
      ln -sf ../postern-undo.service /etc/systemd/system/multi-user.target.wants/postern-undo.service 2>"$errors" &&
      { unlocked systemctl daemon-reload 2>/dev/null </dev/null || :; }
  elif [ -d /etc/local.d ] && command -v rc-status >/dev/null; then
    printf '#!/bin/sh\\n%s\\n' "$run" >/etc/local.d/postern-undo.start 2>"$errors" && chmod 755 /etc/local.d/postern-undo.start
  elif [ -d /etc/cron.d ] && { command -v cron || command -v crond; } >/dev/null; then
    printf '@reboot root %s\\n' "$run" >/etc/cron.d/postern-undo 2>"$errors"
  elif [ -d /etc/init.d ] && [ -d /etc/rc2.d ]; then
    printf '#!/bin/sh\\n# Undoes a mail server change that nobody confirmed.\\n%s\\n' "$run" >/etc/init.d/postern-undo 2>"$errors" &&
      chmod 755 /etc/init.d/postern-undo &&
      for level in 2 3; do [ ! -d /etc/rc$level.d ] || ln -sf ../init.d/postern-undo /etc/rc$level.d/S02postern-undo 2>"$errors" || return 1; done
  else
    say 'note this host has no place for an entry that runs at boot: a reboot before the confirmation leaves the change until the next contact'
  fi
}
# Run by the timer, or at boot.
watch() { # watch ID
  is_id "$1" || exit 2
  lock 600
  [ "$(pending)" = "$1" ] || exit 0
  case $(phase_of "$1") in confirmed|rolled-back) exit 0 ;; esac
  undo_now "$1"
  printf 'nobody confirmed it in time\\n' >"$state/changes/$1/reason"
}
`;
