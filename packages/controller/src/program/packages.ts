/** Installing packages so that no service starts before it is configured. */
export const packages = `
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
    unlocked dnf install -y -- "$@" >"$errors" 2>&1 </dev/null
  else fail package-failed 'this host has neither apt nor dnf'
  fi || fail package-failed "$(tail -n 5 "$errors" | tr '\\n' ' ')"
  say "installed $*"
}
install_by_apt() {
  guard=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d 2>"$errors" && chmod 755 /usr/sbin/policy-rc.d || return 1
    guard=yes
  fi
  for name; do
    [ "$name" != postfix ] || echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections 2>/dev/null || :
  done
  DEBIAN_FRONTEND=noninteractive unlocked apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 -- "$@" >"$errors" 2>&1 </dev/null
  status=$?
  [ -z "$guard" ] || rm -f /usr/sbin/policy-rc.d
  return $status
}
`;
