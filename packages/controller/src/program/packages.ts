/** Installing packages so that no service starts before it is configured. */
export const packages = `
guard=/usr/sbin/policy-rc.d
# Also what an installation has left that was killed.
lift_guard() { ! grep -qsF 'Put here by postern' "$guard" || rm -f "$guard"; }
install() { # one package a line
  lock 30
  set --
  while IFS= read -r name; do
    case $name in ''|-*|*[!a-z0-9A-Z.+_-]*) fail package-failed 'that is no name of a package' ;; esac
    set -- "$@" "$name"
  done
  if command -v apt-get >/dev/null; then install_by_apt "$@"
  elif command -v dnf >/dev/null; then
    # What dnf installs does not start by itself.
    unlocked dnf install -y --setopt=install_weak_deps=False "$@" >"$errors" 2>&1 </dev/null
  else fail package-failed 'this host has neither apt nor dnf'
  fi || fail package-failed "$(tail -n 5 "$errors" | tr '\\n' ' ')"
  say "installed $*"
}
install_by_apt() {
  lift_guard
  # One that is there already is the admin's own, and says what may start.
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\\n# Put here by postern while it installs packages.\\nexit 101\\n' >"$guard" 2>"$errors" && chmod 755 "$guard" || return 1
    trap 'lift_guard; [ "$errors" = /dev/null ] || rm -f "$errors"' EXIT
    trap 'exit 1' INT TERM
  fi
  # What Debian would ask: files that are there stay as they are, and a new Postfix begins by talking to nobody outside.
  if [ -e /etc/postfix/main.cf ]; then kind='No configuration'; else kind='Local only'; fi
  printf 'postfix postfix/main_mailer_type select %s\\n' "$kind" | debconf-set-selections 2>/dev/null || :
  # Lists that are missing, or so old that the files they name are gone, are fetched anew.
  apt_install "$@" || { apt update; apt_install "$@"; }
  status=$?
  lift_guard
  return $status
}
apt_install() { apt install -y --no-install-recommends -- "$@"; }
apt() { DEBIAN_FRONTEND=noninteractive unlocked apt-get -o DPkg::Lock::Timeout=120 "$@" >"$errors" 2>&1 </dev/null; }
`;
