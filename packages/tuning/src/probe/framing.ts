/**
 * How a script of ours prints sections, so that `readSections` knows a torn answer.
 *
 * Printable ASCII only, lines and number of lines bounded; every section ends with its digest.
 */
export const framing: string = `LC_ALL=C PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
export LC_ALL PATH
unset GREP_OPTIONS POSIXLY_CORRECT
# Section: runs the function of that name; printable ASCII only, lines and number of lines bounded.
S() {
  b=$("s_$1" 2>/dev/null </dev/null | sed "s/[^[:print:][:blank:]]//g;s/^\\(.\\{0,400\\}\\).*/ \\1/;$(($2+1)){s/.*/ ~cut/;q;}")
  printf '@@ %s\\n%s\\n@@/%s %s\\n' "$1" "$b" "$1" "$(printf '%s\\n' "$b" | sha256sum)"
}
# Lines of files as path:line, in one fork. Never the shell's read: dash ends /proc/sys integers after one digit.
L() { grep -sH '' "$@"; for f; do [ ! -e "$f" ] || [ -r "$f" ] || echo "$f!unreadable"; done; :; }
`;
