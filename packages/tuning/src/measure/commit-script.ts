import { framing } from '../probe/framing.ts';

/**
 * Measures what fsync costs in a directory: `sh -s -- DIRECTORY SECONDS BYTES [TOOLS] < script`. All that it does ends
 * within SECONDS and a little, what it occupies stays below BYTES and a little, and its folder is gone afterwards,
 * also after a signal. The first of TOOLS that is there gives the time of a commit (fio, pg_test_fsync, plain writes
 * through perl, dd), fio or perl the rate of many writers at once, and fsstone stands beside them where it is.
 * `parseCommit` reads what it prints.
 */
export const commitScript: string = `${framing}# Arguments: directory, seconds, most bytes, tools that may be used. Leaves nothing behind.
B=$1 T=\${2:-6} Y=\${3:-33554432} U=" \${4:-fio pg_test_fsync perl dd fsstone} "
T=$(((\${T%%.*} + 2) / 3))
cd "$B" || { echo 'directory!unreadable'; exit 1; }
# What somebody left behind who was killed with the one signal that nobody can answer.
for d in "$B"/postern-commit.*; do [ ! -d "$d" ] || [ -d "/proc/\${d##*.}" ] || rm -rf "$d"; done
# The trap stands before the folder does, whose name is known before: no signal leaves it behind.
W=$B/postern-commit.$$ p=
[ ! -e "$W" ] && [ -w "$B" ] || { echo 'directory!unreadable'; exit 1; }
trap 'cd /; rm -rf "$W"' EXIT
trap '[ -z "$p" ] || { kill $p; wait $p; } 2>/dev/null; exit 1' HUP INT TERM
(umask 077; mkdir "$W") || exit 1
N=$((Y / 4096)); [ "$N" -le 2000 ] || N=2000
G=32 # writers at once
limit=; command -v timeout >/dev/null && limit="timeout $((T + 2))"
# In the background: a shell answers a signal while it waits, not while it runs a program.
R() { $limit "$@" & p=$!; wait $p; r=$?; p=; return $r; }
may() { case $U in *" $1 "*) command -v "\${2:-$1}" >/dev/null;; *) false;; esac; }
# Prints the time of each commit in microseconds: create, write 4 KB, fsync, remove, as cleanup(8) and qmgr(8) do.
plain='use Time::HiRes qw(time);use IO::Handle;my($d,$n,$s)=@ARGV;my $e=time+$s;for my $i(1..$n){last if time>$e;open my $f,">","$d/$$.$i" or die;syswrite $f,"x"x4096;my $t=time;$f->sync or die;printf "%d\\n",(time-$t)*1e6;close $f;unlink "$d/$$.$i"}'
job() { R fio --name=c --directory="$W" --rw=write --bs=4k --fsync=1 --thread --unlink=1 --runtime="$T" --output-format=json "$@"; }
s_commit() {
  echo "directory:$B"
  o=$W/o
  may perl && perl -MTime::HiRes -MIO::Handle -e 1 || U=$(printf %s "$U" | sed 's/ perl / /')
  pg=; for f in pg_test_fsync /usr/lib/postgresql/*/bin/pg_test_fsync /usr/pgsql-*/bin/pg_test_fsync; do [ -n "$pg" ] || ! may pg_test_fsync "$f" || pg=$f; done
  [ "$Y" -ge 33554432 ] || pg= # its file takes 16 MB
  if may fio && job --size=4m --io_size=$((N * 4096)) >"$o" && grep -q '"50.000000"' "$o"; then
    awk '/"sync"/{s=1}s&&/"50.000000"/{gsub(/[^0-9]/,"",$3);print "p50:"$3/1e9}s&&/"99.000000"/{gsub(/[^0-9]/,"",$3);print "p99:"$3/1e9;exit}' "$o"
    echo method:fio
  elif [ -n "$pg" ]; then
    # The third of many tests is the one; the rest is not waited for.
    "$pg" -s 1 -f "$W/pg" >"$o" & p=$!
    n=0; while [ $n -lt $((T * 5 + 30)) ] && kill -0 $p && ! grep -q '^ *fsync_writethrough' "$o"; do n=$((n + 1)); sleep 0.2 || sleep 1; done
    kill $p; wait $p; p=
    awk '/^Compare file sync methods using one/{b=1}b&&/^ *fsync  .*ops.sec/{if($2>0)print "p50:"1/$2;exit}' "$o"; echo 'method:pg_test_fsync, mean'
  elif may perl; then
    R perl -e "$plain" "$W" "$N" "$T" >"$o"; sort -n "$o" | awk '{a[NR]=$1}END{if(NR>4){print "p50:"a[int((NR+1)*.5)]/1e6;print "p99:"a[int((NR+1)*.99)]/1e6}}'
    echo 'method:plain writes and fsync'
  elif may dd; then
    n=0; s=$(date +%s%N); case $s in *[!0-9]*) s=;; esac; b=$(date +%s); e=$b
    while [ $n -lt 500 ] && [ $((e - b)) -le $T ]; do R dd if=/dev/zero of="$W/dd" bs=4096 count=10 oflag=dsync; n=$((n + 10)); e=$(date +%s); done
    if [ -n "$s" ]; then s=$((($(date +%s%N) - s) / 1000)); else s=$(((e - b) * 1000000)); fi
    [ "$s" = 0 ] || awk -v s=$s -v n=$n 'BEGIN{print "p50:"s/n/1e6}'; echo 'method:dd, mean'
  fi
  # Many writers at once: how much commits are grouped.
  if may fio; then
    job --size=$((Y / G / 4096 * 4096)) --io_size=$((Y / G / 4096 * 4096)) --numjobs=$G --group_reporting >"$o" && awk '/"write" :/{w=1}w&&/"iops" :/{gsub(/[^0-9.]/,"",$3);if($3>0){print "grouped:"$3;print "writers:'$G'"}exit}' "$o"
  elif may perl; then
    n=0; q=; while [ $n -lt $G ]; do n=$((n + 1)); perl -e "$plain" "$W" $((N / G)) "$T" >"$W/n$n" & q="$q $!"; done; p=$q; s=$(date +%s%N); wait $p; e=$(date +%s%N); p=
    case $s$e in *[!0-9]*) ;; *) cat "$W"/n[0-9]* | awk -v us=$(((e - s) / 1000)) 'END{if(us>0&&NR){print "grouped:"NR*1000000/us;print "writers:'$G'"}}';; esac
  fi
  for f in fsstone /usr/lib/postfix/sbin/fsstone /usr/libexec/postfix/fsstone /usr/sbin/fsstone; do may fsstone "$f" || continue
    mkdir "$W/fs" && cd "$W/fs" && R "$f" 100 20 >"$o" 2>&1; awk '/^elapsed time: [0-9]/{print "fsstone:"$3/100}' "$o"; cd "$B"; break; done
}
{ S commit 20; S end; } >"$W/out"
F <"$W/out"
`;
