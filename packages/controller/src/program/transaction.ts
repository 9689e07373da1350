/**
 * A change of several files so that the host has all of the old or all of the new ones. Until `committing` nothing has
 * changed; from then on a journal says what to undo, and a watchdog does so unless the change is confirmed.
 *
 *     reading → staged → committing → committed → confirmed
 *                 ↓           ↓           ↓
 *             (nothing)   rolled-back  rolled-back
 *
 * Each new file is laid out in a folder \`.postern-ID\` beside its target, with the old one under a second name, so that
 * both the change and its undoing are renames that need no space.
 */
export const transaction = `
transaction() {
  lock 10
  recover
  id=$(pending)
  [ -z "$id" ] || fail pending "change $id waits to be confirmed or rolled back first"
  read_request
  lay_out
  defaults
  validate
  journal
  arm
  say 'step armed'
  [ "$(master_pid)" != '' ] && was_running=yes || was_running=no
  printf '%s\\n' "$was_running" >"$change/was-running"
  mark_log
  set_phase "$id" committing
  say 'step committing'
  stage=
  put_in_place || { undo_now "$id"; fail "$code" "$reason. The old files are in place again."; }
  # Were it lost with the power, the change would be undone all the same.
  write_phase "$id" committed
  say 'step committed'
  tell_postfix || { undo_now "$id"; fail step-failed "$reason. The old files are in place again, and Postfix was told so."; }
  say 'step told'
  say "changed $id"
}

read_request() {
  IFS= read -r id && is_id "$id" || fail step-failed 'the request has no id'
  change=$state/changes/$id
  stage=yes
  mkdir "$change" "$change/before" "$change/after" 2>"$errors" || trouble "$change"
  : >"$change/files" 2>"$errors" || trouble "$change"
  : >"$change/needs"; : >"$change/sysctls"; : >"$change/tables"
  IFS= read -r directory; IFS= read -r within; IFS= read -r action; IFS= read -r backdate; IFS= read -r scope
  printf '%s\\n' "$directory" >"$change/directory" 2>"$errors" || trouble "$change"
  printf '%s\\n' "$action" >"$change/action"
  n=0; complete=
  while IFS= read -r word; do
    case $word in
      file) read_file ;;
      same) IFS= read -r path; IFS= read -r expected; is_same ;;
      need) IFS= read -r need; printf '%s\\n' "$need" >>"$change/needs" ;;
      sysctl) IFS= read -r key; IFS= read -r value; printf '%s\\n%s\\n' "$key" "$value" >>"$change/sysctls" ;;
      table) IFS= read -r table; printf '%s\\n' "$table" >>"$change/tables" ;;
      record) IFS= read -r size; take "$size" "$change/record" ;;
      end) complete=yes; break ;;
      *) fail step-failed 'the request is not understood' ;;
    esac
  done
  [ -n "$complete" ] || fail step-failed 'the request was cut short; nothing was changed'
  say 'step read'
}
take() { # take BYTES FILE
  umask 077
  if [ "$1" -eq 0 ]; then : >"$2"; else dd bs="$1" count=1 iflag=fullblock of="$2" 2>"$errors" || trouble "$2"; fi
  umask 022
  [ "$(wc -c <"$2")" -eq "$1" ] || fail step-failed 'the request was cut short; nothing was changed'
}
# A file that stays as it is, and that the plan was made from.
is_same() {
  case $path in /*) ;; *) path=$directory/$path ;; esac
  [ "$expected" = "$(hash_of "$path")" ] || changed_meanwhile
}
changed_meanwhile() { fail changed-meanwhile "$path: was changed by somebody else since it was read. Nothing was changed. Make the plan again."; }
# file: path, what to do, expected state, mode, owner, group, then the bytes or the place on the host they come from.
read_file() {
  n=$((n + 1))
  IFS= read -r path; IFS= read -r deed; IFS= read -r expected
  IFS= read -r mode; IFS= read -r owner; IFS= read -r group; IFS= read -r size
  case $path in /*) ;; *) path=$directory/$path ;; esac
  case $deed in
    write) take "$size" "$change/after/$n" ;;
    restore) cp --preserve=all -- "$size" "$change/after/$n" 2>"$errors" || trouble "$size" ;;
  esac
  if [ -L "$path" ] || [ -e "$path" ]; then target=$(readlink -f -- "$path"); else target=$path; fi
  [ ! -L "$path" ] || [ -e "$path" ] || fail not-a-file "$path: is a link to what is not there"
  [ -n "$target" ] || fail not-a-file "$path: is a link that leads nowhere"
  [ ! -d "$target" ] || fail not-a-file "$path: is a folder"
  if [ -e "$target" ]; then existed=yes; else existed=no; fi
  printf '%s\\n' "$n" "$path" "$target" "\${target%/*}/.postern-$id/\${target##*/}" "$existed" "$deed" "$expected" "$mode" "$owner" "$group" >>"$change/files"
}
# Calls "$1" for each file of the change, with its fields in variables.
each_file() {
  while IFS= read -r n && IFS= read -r path && IFS= read -r target && IFS= read -r staged && IFS= read -r existed &&
    IFS= read -r deed && IFS= read -r expected && IFS= read -r mode && IFS= read -r owner && IFS= read -r group; do
    "$1" || return 1
  done <"$change/files"
}

lay_out() {
  each_file lay_out_one
  # What is compiled is compiled beside, and takes its place with its source.
  while IFS= read -r table; do compile "$table"; done <"$change/tables"
  sync -f "$directory" 2>/dev/null || sync
  say 'step staged'
}
lay_out_one() {
  [ "$existed" = yes ] || case $expected in any|absent) ;; *) changed_meanwhile ;; esac
  folder=\${staged%/*}
  parent=\${folder%/*}
  [ -d "$parent/" ] || { mkdir -p -- "$parent" 2>"$errors" || trouble "$parent"; printf '%s\\n' "$parent" >>"$change/new-folders"; }
  [ -d "$folder" ] || mkdir -m 700 -- "$folder" 2>"$errors" || trouble "$folder"
  if [ "$existed" = yes ]; then
    cp --preserve=all -- "$target" "$change/before/$n" 2>"$errors" || trouble "$change/before/$n"
    # What is kept for the way back is what the plan was made from; from here on the file is compared with it.
    [ "$expected" = any ] || [ "$expected" = "$(hash_of "$change/before/$n")" ] || changed_meanwhile
    ln -- "$target" "$staged.old" 2>"$errors" || trouble "$target"
  fi
  [ "$deed" != remove ] || return 0
  if [ "$deed" = restore ]; then
    cp --preserve=all -- "$change/after/$n" "$staged" 2>"$errors" || trouble "$staged"
  elif [ "$existed" = yes ]; then
    # A copy with new bytes in it keeps owner, mode, access list, attributes and security context.
    cp --preserve=all -- "$target" "$staged" 2>"$errors" && cat "$change/after/$n" >"$staged" 2>"$errors" || trouble "$staged"
    set -- $(stat -c '%u:%g:%a' -- "$target" "$staged")
    [ $# -eq 2 ] && [ "$1" = "$2" ] || fail cannot-keep-attributes "$target: its owner and mode cannot be kept"
  else
    ( umask 077; cat "$change/after/$n" >"$staged" ) 2>"$errors" || trouble "$staged"
    chmod 644 -- "$staged"
    label "$staged" "$target"
  fi
  [ "$mode" = - ] || chmod -- "$mode" "$staged" 2>"$errors" || trouble "$staged"
  [ "$owner" = - ] || chown -- "$owner" "$staged" 2>"$errors" || fail cannot-keep-attributes "$path: $(said "$errors")"
  [ "$group" = - ] || chgrp -- "$group" "$staged" 2>"$errors" || fail cannot-keep-attributes "$path: $(said "$errors")"
  cmp -s "$change/after/$n" "$staged" || { echo 'No space left' >"$errors"; trouble "$staged"; }
  # Postfix's programs wait for a file that was modified just now to grow older.
  if [ "$deed" = write ] && [ "$backdate" = yes ]; then touch -d '1 hour ago' -- "$staged"
  else touch -- "$staged"; fi
}
# A new file gets the security context that the policy has for its place, not for the folder it was laid out in.
label() { # label STAGED TARGET
  ! command -v selinuxenabled >/dev/null || ! selinuxenabled || chcon -- "$(matchpathcon -n -- "$2" 2>/dev/null)" "$1" 2>/dev/null || :
}
compile() { # compile TYPE:PATH
  type=$(printf %s "$1" | cut -d : -f 1)
  source=$(printf %s "$1" | cut -d : -f 2-)
  case $source in /*) ;; *) source=$directory/$source ;; esac
  [ ! -e "$source" ] || source=$(readlink -f -- "$source")
  folder=$(dirname -- "$source")/.postern-$id
  copy=$folder/$(basename -- "$source")
  [ -d "$folder" ] || mkdir -m 700 -- "$folder" 2>"$errors" || trouble "$folder"
  if [ ! -e "$copy" ]; then cp --preserve=all -- "$source" "$copy" 2>"$errors" || trouble "$source"; lone=yes; else lone=; fi
  case $source in
    */aliases) command=postalias ;;
    *) command=postmap ;;
  esac
  unlocked "$command" -c "$directory" "$type:$copy" 2>"$errors" || fail check-failed "$command $1: $(said "$errors")"
  for made in "$copy".*; do
    case $made in *.old|*".*") continue ;; esac
    n=$((n + 1))
    end=$(printf %s "$made" | awk -F . '{print $NF}')
    product=$source.$end
    label "$made" "$product"
    if [ -e "$product" ]; then existed=yes; ln -- "$product" "$made.old" 2>"$errors" || trouble "$product"; else existed=no; fi
    printf '%s\\n' "$n" "$product" "$product" "$made" "$existed" compiled any - - - >>"$change/files"
  done
  [ -z "$lone" ] || rm -f -- "$copy"
}

validate() {
  while IFS= read -r need; do
    case $need in
      program:*)
        program=$(printf %s "$need" | cut -c 9-)
        case $program in /*) ;; *) defaults; program=$(setting daemon_directory "$own_programs")/$program ;; esac
        [ -x "$program" ] || fail missing-file "$program: is no program, and master.cf would run it" ;;
      table:*)
        table=$(printf %s "$need" | cut -c 7-)
        [ -e "$table" ] || grep -qxF -- "$table" "$change/files" || fail missing-file "$table: is not there, and the new configuration looks things up in it" ;;
      file:*)
        file=$(printf %s "$need" | cut -c 6-)
        [ -e "$file" ] || grep -qxF -- "$file" "$change/files" || fail missing-file "$file: is not there, and the new configuration names it" ;;
    esac
  done <"$change/needs"
  command -v postfix >/dev/null || return 0
  # Postfix's own opinion, on a copy of its folder with the new files in it.
  mkdir "$change/check" 2>"$errors" || trouble "$change/check"
  set --
  for name in main.cf master.cf; do [ ! -e "$directory/$name" ] || set -- "$@" "$directory/$name"; done
  [ $# -eq 0 ] || cp -- "$@" "$change/check/" 2>"$errors" || trouble "$change/check"
  each_file put_into_check
  [ -e "$change/check/main.cf" ] && [ -e "$change/check/master.cf" ] || { rm -rf "$change/check"; return 0; }
  touch -d '1 hour ago' "$change/check/main.cf" "$change/check/master.cf"
  is_accepted >"$errors" 2>&1 </dev/null
  status=$?
  rm -rf "$change/check"
  [ $status -eq 0 ] || fail check-failed "postfix check: $(said "$errors")"
  say 'step validated'
}
# Whether Postfix comes up with the copy, and finds its folders. \`postfix check\` goes through the whole installation as
# well, which takes most of its time: where settings alone change that have nothing to do with that, and Postfix runs,
# the simpler question is enough. What it does not answer well, \`postfix check\` decides.
is_accepted() {
  [ "$scope" = settings ] && has_queue && unlocked postfix -c "$change/check" status || unlocked postfix -c "$change/check" check
}
# Folders that \`postfix check\` makes where they are missing.
has_queue() {
  queue=$(setting queue_directory "$own_queue")
  for name in active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace; do
    [ -d "$queue/$name" ] || return 1
  done
}
put_into_check() {
  case $path in "$directory/main.cf"|"$directory/master.cf")
    name=\${path##*/}
    if [ "$deed" = remove ]; then rm -f -- "$change/check/$name"
    else cat "$change/after/$n" >"$change/check/$name" 2>"$errors" || trouble "$change/check"; fi ;;
  esac
}

journal() {
  # The last look before the point of no return: an editor may have saved while this prepared.
  each_file is_unchanged || fail changed-meanwhile "$path: was changed by somebody else while the change was prepared. Nothing was changed. Make the plan again."
  while IFS= read -r key && IFS= read -r value; do
    printf '%s\\n%s\\n' "$key" "$(cat "/proc/sys/$(printf %s "$key" | tr . /)" 2>/dev/null)" >>"$change/old-sysctls"
  done <"$change/sysctls"
  boot_id >"$change/boot" 2>"$errors" || trouble "$change"
  printf '%s\\n' "$(( $(now) + within ))" >"$change/deadline" 2>"$errors" || trouble "$change"
  write_phase "$id" staged || trouble "$change"
  printf '%s\\n' "$id" >"$state/pending.new" 2>"$errors" && mv -f "$state/pending.new" "$state/pending" 2>"$errors" || trouble "$state/pending"
  sync -f "$state" 2>/dev/null || sync
  say 'step journal'
}
is_unchanged() {
  [ "$deed" != compiled ] || return 0
  if [ "$existed" = yes ]; then cmp -s "$change/before/$n" "$target"; else [ ! -e "$target" ]; fi
}

put_in_place() {
  code=write-failed; reason=
  each_file put_one || return 1
  while IFS= read -r key && IFS= read -r value; do
    if ! printf '%s\\n' "$value" 2>"$errors" >"/proc/sys/$(printf %s "$key" | tr . /)"; then
      code=step-failed; reason="sysctl $key = $value: the kernel refused it"; return 1
    fi
  done <"$change/sysctls"
  sync -f "$directory" 2>/dev/null || sync
}
put_one() {
  is_unchanged || { code=changed-meanwhile; reason="$path: was changed by somebody else at the last moment"; return 1; }
  if [ "$deed" = remove ]; then
    [ "$existed" = no ] || rm -f -- "$target" 2>"$errors"
  else
    mv -f -T -- "$staged" "$target" 2>"$errors"
  fi || { reason="$target: $(said "$errors")$(immutable "$target")"; case $reason in *Read-only*) code=read-only ;; *ermi*) code=permission-denied ;; esac; return 1; }
  say "step renamed $n"
}

tell_postfix() {
  reason=
  case $action in
    none) return 0 ;;
    start)
      # Red Hat leaves what it installs switched off at boot.
      ! by_systemd || unlocked systemctl enable postfix >/dev/null 2>&1 </dev/null || :
      start_postfix ;;
    restart) stop_postfix; start_postfix ;;
    *) unlocked postfix -c "$directory" reload >"$errors" 2>&1 </dev/null ;;
  esac || { reason="postfix $action: $(said "$errors")"; return 1; }
}
by_systemd() { [ -d /run/systemd/system ] && [ "$directory" = /etc/postfix ] && systemctl cat postfix >/dev/null 2>&1; }
start_postfix() {
  if by_systemd; then unlocked systemctl start postfix >"$errors" 2>&1 </dev/null
  else
    [ ! -x /usr/lib/postfix/configure-instance.sh ] || unlocked /usr/lib/postfix/configure-instance.sh - >/dev/null 2>&1 </dev/null
    unlocked postfix -c "$directory" start >"$errors" 2>&1 </dev/null
  fi
}
stop_postfix() {
  if by_systemd; then unlocked systemctl stop postfix >"$errors" 2>&1 </dev/null
  else unlocked postfix -c "$directory" stop >"$errors" 2>&1 </dev/null; fi
}
`;
