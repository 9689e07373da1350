import type { Script } from '../host/host.ts';
import { prelude } from '../program/prelude.ts';

/**
 * The program on the host that holds, releases, requeues, deletes and flushes messages, and keeps a ledger of it:
 *
 *     /var/lib/postern/queue/lock           held while anything is done; free when its holder dies
 *     /var/lib/postern/queue/changes/ID/    one action, as the changes of a configuration are kept
 *         plan       a line a message: id, when it came, its size, the letters it is filed by, its queue
 *         position   how many lines of the plan have been dealt with
 *         intent     the batch under way: ids and the queues they were found in; gone when it is over
 *         done       id, when it came, size, letters, and the queue it was in
 *         skipped    id and why it was left alone
 *         phase      open, done, stopped, undone
 *     QUEUE_DIRECTORY/postern/ID/           deleted messages, as links to the very files, for a week
 *
 * Each message is looked at again just before anything is done to it: its queue file begins with its size and the time
 * it came, and where those differ the id belongs to another message by now. What was done is what postsuper says it has
 * done, line by line. A reader that goes away ends the action after the batch under way; the action stays open, and the
 * next one finishes or undoes it.
 *
 * POSIX sh with GNU coreutils and findutils, as the program for changes.
 */
const text = `
state=/var/lib/postern/queue
all_queues='deferred hold active incoming maildrop'
postfix_tool() { # postfix_tool PROGRAM ARGUMENT…, for the instance in $directory
  tool=$1; shift
  if [ -n "$instance" ]; then "$tool" -c "$instance" "$@"; else "$tool" "$@"; fi
}
# Whether the reader is still there.
tell() { printf '%s\\n' "$*" 2>/dev/null; }
open_change() { # the settings of the instance, as the action found them
  { IFS= read -r action; IFS= read -r instance; IFS= read -r queue_root; IFS= read -r hashed; IFS= read -r depth; IFS= read -r keep; IFS= read -r undoes; IFS= read -r batch_size; IFS= read -r held_only; IFS= read -r pace; } <"$change/action"
  cd "$queue_root" 2>"$errors" || trouble "$queue_root"
  kept=$queue_root/postern/$id
}
count() { if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi; }
# stdin: id, came, size, letters, queue.  stdout: the path of its file in that queue, or in every queue.
paths() { # paths [QUEUES]
  awk -v hashed=" $hashed " -v depth="$depth" -v queues="$1" '{
    prefix = ""
    for (i = 1; i <= depth; i++) { c = substr($4, i, 1); prefix = prefix (c == "" ? "_" : c) "/" }
    n = split(queues == "" ? $5 : queues, all, " ")
    for (q = 1; q <= n; q++) print all[q] "/" (index(hashed, " " all[q] " ") ? prefix : "") $1
  }'
}
# stdin: paths.  stdout: id, queue, when it came, size; nothing for what is not there.
look() {
  xargs -r head -v -c 136 2>/dev/null | tr '\\000\\r' '??' | awk '
    /^==> .* <==$/ { path = substr($0, 5, length($0) - 8); n = split(path, part, "/"); id = part[n]; queue = part[1]; next }
    id != "" && match($0, /T.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]+ [0-9]/) {
      came = substr($0, RSTART + 2, RLENGTH); sub(/ .*/, "", came)
      size = 0
      if ($0 ~ /^C/) { split(substr($0, 3), number, " "); size = number[1] }
      print id, queue, came + 0, size + 0
      id = ""
    }'
}
# Looks at the messages of "$work/batch" again.  Writes found (id, queue, came, size) and, of those that are the same still, take.
look_again() {
  paths <"$work/batch" | look >"$work/found"
  awk 'FILENAME == ARGV[1] { seen[$1]; next } !($1 in seen)' "$work/found" "$work/batch" >"$work/moved"
  [ ! -s "$work/moved" ] || paths "$all_queues" <"$work/moved" | look >>"$work/found"
  # A table says local time, which may be off by the hour of a summer.
  awk -v slack="$slack" -v take="$work/take" -v skip="$work/skip" '
    FILENAME == ARGV[1] { queue[$1] = $2; came[$1] = $3; size[$1] = $4; next }
    {
      off = came[$1] - $2; if (off < 0) off = -off
      if (!($1 in queue)) print $1, "gone" >skip
      else if (off > slack || (size[$1] != 0 && size[$1] != $3)) print $1, "another" >skip
      else print $1, $2, $3, $4, queue[$1] >take
    }' "$work/found" "$work/batch"
}
fresh() { for file; do : >"$work/$file"; done; }
make_work() {
  base=$(mktemp -d /tmp/postern.XXXXXX) || fail step-failed 'there is no room in /tmp'
  trap 'rm -rf "$base"; [ "$errors" = /dev/null ] || rm -f "$errors"' EXIT
  work=$base/first
  mkdir "$work"
}
run_batches() {
  make_work
  slack=$(cat "$change/slack")
  total=$(count "$change/plan")
  position=$(cat "$change/position")
  [ ! -s "$change/intent" ] || settle_intent
  drop_spare_links
  ahead=
  while [ "$position" -lt "$total" ]; do
    if ! tell "progress $position $(count "$change/done") $total"; then exit 0; fi
    if [ -n "$ahead" ]; then
      wait "$ahead"
      work=$base/$position
      [ -e "$work/ready" ] || exit 1
    else prepare "$position"; fi
    ahead=
    if [ "$action" = restore ]; then restore; else
      cp "$work/take" "$change/intent.new" && mv -f "$change/intent.new" "$change/intent" || fail no-space "$change"
      if [ "$action$keep" = deleteyes ] && [ $((position + batch_size)) -lt "$total" ]; then
        prepare $((position + batch_size)) &
        ahead=$!
      fi
      [ ! -s "$work/take" ] || perform
    fi
    record
    rm -rf "$work"
  done
  set_phase "$id" done
  [ -z "$undoes" ] || set_phase "$undoes" undone
  tell "finished $(count "$change/done") $(count "$change/skipped") $total"
}
# A batch, looked at again. One that is to be deleted is linked then, and what is linked is pinned: its inode, and so its
# name, can be nobody else's any more. So the next may be made ready while postsuper deletes this one.
prepare() { # prepare POSITION
  work=$base/$1
  mkdir -p "$work"
  awk -v from="$1" -v size="$batch_size" 'NR > from + size { exit } NR > from' "$change/plan" >"$work/batch"
  fresh take skip said confirmed ids
  if [ "$action" != restore ]; then
    look_again
    refuse_needless
    [ "$action$keep" != deleteyes ] || link_kept
  fi
  : >"$work/ready"
}
# What is so already was not done by this action, and is not undone with it.
refuse_needless() {
  case $action$held_only in
    hold*) unwanted='==' why=held ;;
    release*|delete-held*) unwanted='!=' why=not-held ;;
    *) return ;;
  esac
  awk -v on_hold="$unwanted" -v why="$why" -v skip="$work/skip" '
    ($5 == "hold") == (on_hold == "==") { print $1, why >>skip; next }
    { print }' "$work/take" >"$work/take.new" && mv -f "$work/take.new" "$work/take"
}
# The queue manager takes a message up when its file's time has come: the pace is written into the queue, and nobody has
# to stay connected for it.
set_times() {
  begun=$(cat "$change/start")
  awk -v begun="$begun" -v pace="$pace" -v first="$position" 'FILENAME == ARGV[1] { place[$1] = first + FNR - 1; next } { printf "%d hold/%s\\n", begun + place[$1] / pace, $1 }' "$work/batch" "$work/take" >"$work/times"
  awk '$1 != last { if (last != "") print line; last = $1; line = $1 } { line = line " " $2 } END { if (last != "") print line }' "$work/times" |
    while IFS=' ' read -r due files; do touch -c -d "@$due" $files; done
}
perform() {
  cut -d ' ' -f 1 "$work/take" >"$work/ids"
  case $action in
    hold) letter=h ;;
    release)
      letter=H
      [ "$pace" = 0 ] || set_times ;;
    requeue) letter=r ;;
    delete) letter=d ;;
    flush) flush_each; return ;;
  esac
  postfix_tool postsuper "-$letter" - <"$work/ids" >"$work/said" 2>&1
  # Its exit status is 0 whatever it did.
  awk '{ sub(/^postsuper: /, "") } match($0, /: (placed on hold|released from hold|requeued|removed)$/) { print substr($0, 1, RSTART - 1) }' "$work/said" >"$work/confirmed"
}
link_kept() {
  mkdir -p "$kept" 2>"$errors" && chmod 700 "$queue_root/postern" || trouble "$kept"
  paths <"$work/take" | xargs -r ln -t "$kept" 2>"$work/unlinked" || :
  [ -s "$work/unlinked" ] || return 0
  if grep -v 'No such file' "$work/unlinked" >"$errors"; then trouble "$kept"; fi
  # What could not be kept has gone in the meantime; no other message is deleted in its place.
  ls "$kept" | awk -v skip="$work/skip" 'FILENAME == ARGV[1] { kept[$1]; next } $1 in kept { print; next } { print $1, "gone" >>skip }' - "$work/take" >"$work/take.new"
  mv -f "$work/take.new" "$work/take"
}
# The queue manager is asked one message at a time; postqueue says nothing, whether it is there or not.
flush_each() {
  while IFS= read -r each; do
    if postfix_tool postqueue -i "$each" >>"$work/said" 2>&1; then printf '%s\\n' "$each" >>"$work/confirmed"; fi
  done <"$work/ids"
}
restore() { # the plan's messages are in the folder of the action that is undone
  from=$queue_root/postern/$undoes
  paths <"$work/batch" | awk '{ folder = $0; sub("/[^/]*$", "", folder); print folder, substr($0, length(folder) + 2) }' >"$work/pairs"
  for folder in $(cut -d ' ' -f 1 "$work/pairs" | sort -u); do
    [ -d "$folder" ] || { mkdir -p "$folder" && chown --reference=hold "$folder" && chmod --reference=hold "$folder"; }
    awk -v folder="$folder" '$1 == folder { print $2 }' "$work/pairs" |
      (cd "$from" 2>/dev/null && xargs -r mv -n -t "$queue_root/$folder") >>"$work/said" 2>&1
  done
  # One that was linked and never deleted has both names still.
  paths <"$work/batch" | while IFS= read -r path; do
    each=\${path##*/}
    if [ -e "$from/$each" ] && [ "$from/$each" -ef "$path" ]; then rm -f "$from/$each"; fi
  done
  look_again
  cut -d ' ' -f 1 "$work/take" >"$work/confirmed"
}
# Writes down what became of a batch, then counts it as dealt with.
record() {
  awk -v done="$change/done" -v skip="$work/skip" '
    FILENAME == ARGV[1] { confirmed[$1]; next }
    $1 in confirmed { print >>done; next }
    { print $1, "refused" >>skip }' "$work/confirmed" "$work/take"
  cat "$work/skip" >>"$change/skipped"
  position=$((position + $(count "$work/batch")))
  [ "$position" -le "$total" ] || position=$total
  printf '%s\\n' "$position" >"$change/position.new" && mv -f "$change/position.new" "$change/position"
  rm -f "$change/intent"
  if [ -s "$work/skip" ]; then
    grep -a -m 3 -v -e ': \\(placed on hold\\|released from hold\\|requeued\\|removed\\)$' "$work/said" >"$work/words" 2>/dev/null || :
    sed 's/^/skip /' "$work/skip" 2>/dev/null || :
    [ ! -s "$work/words" ] || printf 'words %s\\n' "$(said "$work/words")" 2>/dev/null || :
  fi
}
# A batch that was cut short: what it did is seen by where its messages are now; the rest is tried again.
settle_intent() {
  paths "$all_queues" <"$change/intent" | look >"$work/found"
  awk -v action="$action" '
    FILENAME == ARGV[1] { queue[$1] = $2; next }
    (action == "hold" && queue[$1] == "hold") ||
    (action == "release" && ($1 in queue) && queue[$1] != "hold") ||
    ((action == "delete" || action == "requeue") && !($1 in queue))' "$work/found" "$change/intent" >"$work/over"
  awk 'FILENAME == ARGV[1] { old[$1]; next } !($1 in old)' "$change/done" "$work/over" >>"$change/done" 2>/dev/null || cat "$work/over" >>"$change/done"
  rm -f "$change/intent"
}
unfinished() {
  for id in $(ls "$state/changes" 2>/dev/null); do
    [ "$(phase_of "$id")" != open ] || { printf '%s\\n' "$id"; return; }
  done
}
begin() { # lines: action, instance, keep, undoes, batch size, only what is on hold, messages a second, slack, about; the plan; end
  for name in action instance keep undoes batch_size held_only pace slack about; do IFS= read -r "$name"; done
  lock 30
  old=$(unfinished)
  if [ -n "$old" ]; then say "interrupted $(summary_of "$old")"; return; fi
  defaults
  directory=\${instance:-$own_folder}
  queue_root=$(setting queue_directory "$own_queue")
  hashed=$(setting hash_queue_names 'deferred, defer' | tr ',\\t' '  ')
  depth=$(setting hash_queue_depth 1)
  forget_kept
  id=$(date -u +%Y%m%d-%H%M%S-%N)
  change=$state/changes/$id
  mkdir -p "$change" 2>"$errors" || trouble "$change"
  cat >"$change/received" 2>"$errors" || trouble "$change"
  # A request that did not arrive whole was never made.
  if [ "$(tail -n 1 "$change/received")" != end ]; then rm -rf "$change"; fail step-failed 'the request did not arrive whole; nothing was done'; fi
  sed '$d' "$change/received" >"$change/plan" 2>"$errors" || trouble "$change"
  rm -f "$change/received"
  printf '%s\\n' "$action" "$instance" "$queue_root" "$hashed" "$depth" "$keep" "$undoes" "$batch_size" "$held_only" "$pace" >"$change/action"
  now >"$change/start"
  printf '%s\\n' "$slack" >"$change/slack"
  printf '%s\\n' "$about" >"$change/about"
  echo 0 >"$change/position"
  : >"$change/done"
  : >"$change/skipped"
  set_phase "$id" open
  tell "begun $id" || exit 0
  open_change
  run_batches
}
resume() { # lines: id
  IFS= read -r id
  is_id "$id" || fail step-failed 'the request has no id'
  lock 30
  change=$state/changes/$id
  # Whoever was at it when this was asked for has come to the end of it.
  if [ "$(phase_of "$id")" = done ]; then
    say "begun $id"
    say "finished $(count "$change/done") $(count "$change/skipped") $(count "$change/plan")"
    return
  fi
  [ "$(phase_of "$id")" = open ] || fail nothing-to-roll-back "queue action $id is not open: $(phase_of "$id" || echo 'there is none')"
  tell "begun $id" || exit 0
  open_change
  run_batches
}
# Leaves an open action as it is.
stop() {
  IFS= read -r id
  is_id "$id" || fail step-failed 'the request has no id'
  lock 30
  change=$state/changes/$id
  if [ "$(phase_of "$id")" = done ]; then say "stopped $id"; return; fi
  [ "$(phase_of "$id")" = open ] || fail nothing-to-roll-back "queue action $id is not open"
  open_change
  make_work
  position=$(cat "$change/position")
  [ ! -s "$change/intent" ] || settle_intent
  drop_spare_links
  set_phase "$id" stopped
  say "stopped $id"
}
# A message that was linked and not deleted any more must not keep two names: Postfix leaves such files alone.
drop_spare_links() {
  [ "$action" = delete ] && [ -d "$kept" ] || return 0
  awk '{ print $1 }' "$change/done" >"$work/deleted"
  ls "$kept" | awk 'FILENAME == ARGV[1] { gone[$1]; next } !($1 in gone)' "$work/deleted" - | while IFS= read -r each; do rm -f "$kept/$each"; done
}
summary_of() { # ID ACTION PHASE POSITION DONE SKIPPED TOTAL UNDOES ABOUT
  dir=$state/changes/$1
  { IFS= read -r its_action; for _ in 1 2 3 4 5; do IFS= read -r _; done; IFS= read -r its_undoes; } <"$dir/action"
  printf '%s %s %s %s %s %s %s %s %s' "$1" "$its_action" "$(phase_of "$1")" "$(cat "$dir/position")" "$(count "$dir/done")" "$(count "$dir/skipped")" "$(count "$dir/plan")" "\${its_undoes:--}" "$(cat "$dir/about")"
}
list() { # lines: at most
  IFS= read -r most
  for each in $(ls "$state/changes" 2>/dev/null | tail -n "$most"); do
    [ ! -e "$state/changes/$each/phase" ] || say "entry $(summary_of "$each")"
  done
  say end
}
read_done() { # lines: id
  IFS= read -r id
  is_id "$id" && [ -e "$state/changes/$id/phase" ] || fail nothing-to-roll-back "there is no queue action $id"
  say "entry $(summary_of "$id")"
  sed 's/^/did /' "$state/changes/$id/done"
  say end
}
# After a week what was deleted is gone; of the lists the last two hundred stay.
forget_kept() {
  [ ! -d "$queue_root/postern" ] || find "$queue_root/postern" -mindepth 1 -maxdepth 1 -type d -mtime +7 -exec rm -rf {} +
  for old in $(ls "$state/changes" | head -n -200); do
    is_id "$old" && [ "$(phase_of "$old")" != open ] && rm -rf "$state/changes/$old"
  done
}
operation=$1
case $operation in
  begin) begin ;;
  resume) resume ;;
  stop) stop ;;
  list) list ;;
  read) read_done ;;
esac
`;

export type LedgerOperation = 'begin' | 'resume' | 'stop' | 'list' | 'read';

const program: string = (prelude + text).replaceAll(/^[ ]*(#.*)?\n/gm, '');

export function ledgerProgram(operation: LedgerOperation): Script {
  return { script: program, args: [operation] };
}
