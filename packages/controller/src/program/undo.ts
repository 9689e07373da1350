/** Undoing a change, whether it was refused half way, never confirmed, or cut short by a crash. Each part can be repeated. */
export const undo = `
# Before anything was renamed: as if nobody had been here.
abandon() {
  stage=
  [ -n "$change" ] && [ -d "$change" ] || return 0
  disarm "$id"
  [ ! -s "$change/files" ] || each_file drop_staged
  drop_folders
  [ "$(pending)" != "$id" ] || rm -f "$state/pending"
  # What cannot be taken away now (a disk that is read-only) the next contact takes away.
  [ ! -s "$change/files" ] || each_file is_dropped || { rm -f "$change/phase"; return 0; }
  rm -rf "$change"
}
is_dropped() { [ ! -d "\${staged%/*}" ]; }
drop_staged() {
  folder=\${staged%/*}
  case $folder in */.postern-"$id") rm -rf -- "$folder" ;; esac
}
drop_folders() {
  [ -s "$change/new-folders" ] || return 0
  while IFS= read -r folder; do rmdir -p -- "$folder" 2>/dev/null || :; done <"$change/new-folders"
}

undo_now() { # undo_now ID: puts the old files back and has Postfix read them
  id=$1; change=$state/changes/$id
  own_directory=$directory
  directory=$(line_of "$change/directory")
  before=$(phase_of "$id")
  set_phase "$id" rolling-back
  each_file put_back
  each_file drop_staged
  # What cannot be taken away now (a disk that is read-only) the next contact takes away.
  each_file is_dropped || : >"$change/unswept"
  drop_folders
  if [ -s "$change/old-sysctls" ]; then
    while IFS= read -r key && IFS= read -r value; do
      [ -z "$value" ] || printf '%s\\n' "$value" >"/proc/sys/$(printf %s "$key" | tr . /)" 2>/dev/null || :
    done <"$change/old-sysctls"
  fi
  sync -f "$directory" 2>/dev/null || sync
  if [ "$before" = staged ]; then :
  elif [ "$(line_of "$change/boot")" != "$(boot_id)" ]; then
    # After a reboot the system starts Postfix, before or after this.
    [ -z "$(master_pid)" ] || unlocked postfix -c "$directory" reload >/dev/null 2>&1 </dev/null
  elif [ "$(line_of "$change/was-running")" = yes ]; then
    case $(line_of "$change/action") in
      restart) stop_postfix; start_postfix ;;
      none) [ -n "$(master_pid)" ] || start_postfix ;;
      *)
        # What died again and again master starts no more for a minute, also after a reload.
        case $(complaints) in *throttling*) stop_postfix ;; esac
        [ -n "$(master_pid)" ] && unlocked postfix -c "$directory" reload >/dev/null 2>&1 </dev/null || start_postfix ;;
    esac
  elif [ "$(line_of "$change/action")" = start ]; then stop_postfix
  fi
  set_phase "$id" rolled-back
  [ "$(pending)" != "$id" ] || rm -f "$state/pending"
  disarm "$id"
  directory=$own_directory
}
put_back() {
  # What never took its place, nobody has to take away: the target may be somebody's edit.
  if [ "$deed" != remove ] && [ -e "$staged" ]; then return 0; fi
  if [ -e "$staged.old" ]; then
    # What somebody wrote after us is kept for them.
    if [ "$deed" = write ] && [ -e "$target" ] && ! cmp -s "$target" "$change/after/$n" && ! cmp -s "$target" "$staged.old"; then
      mkdir -p "$change/edited"; cp --preserve=all -- "$target" "$change/edited/$n" 2>/dev/null || :
    fi
    mv -f -T -- "$staged.old" "$target"
  elif [ "$existed" = no ] && [ -e "$target" ] && [ ! -e "$staged" ]; then
    if [ "$deed" = compiled ] || cmp -s "$target" "$change/after/$n"; then rm -f -- "$target"; fi
  fi
}

# What a change leaves that was cut short before its journal: nothing in force, only what was laid out.
sweep() {
  own_directory=$directory
  for change in "$state/changes"/*; do
    id=\${change##*/}
    if [ -e "$change/unswept" ]; then each_file drop_staged; each_file is_dropped && rm -f "$change/unswept"; continue; fi
    [ -d "$change" ] && [ ! -e "$change/phase" ] && [ "$(pending)" != "$id" ] && is_id "$id" || continue
    directory=$(line_of "$change/directory")
    abandon
  done
  directory=$own_directory
  id=; change=
}
# What a change that was cut short, or that nobody confirmed in time, leaves to do. Under the lock: who did it is gone.
recover() {
  lift_guard
  sweep
  id=$(pending)
  [ -n "$id" ] || return 0
  case $(phase_of "$id") in
    confirmed|rolled-back) rm -f "$state/pending"; disarm "$id"; return 0 ;;
    committed)
      deadline=$(line_of "$state/changes/$id/deadline" || echo 0)
      if [ "$deadline" -gt "$(now)" ] && [ "$(line_of "$state/changes/$id/boot")" = "$(boot_id)" ]; then return 0; fi
      why='nobody confirmed it in time' ;;
    *) why='it was cut short' ;;
  esac
  undo_now "$id"
  say "recovered $id $why"
  id=; change=
}
`;
