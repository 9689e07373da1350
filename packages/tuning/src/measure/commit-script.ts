import { framing } from '../probe/framing.ts';

/**
 * Measures what fsync costs in a directory: `sh -s -- DIRECTORY SECONDS BYTES < script`. Bounded in time and bytes, in
 * a folder of its own that is gone afterwards, also after a signal. Uses fio, else plain writes through perl, else
 * pg_test_fsync, else dd; fsstone beside that where it is. `parseCommit` reads what it prints.
 */
export const commitScript: string = `${framing}# Arguments: directory, seconds, most bytes. Leaves nothing behind.
B=$1 T=\${2:-5} Y=\${3:-16777216}
cd "$B" || { echo 'directory!unreadable'; exit 1; }
# The trap stands before the folder does, whose name is known before: no signal leaves it behind.
W=$B/postern-commit.$$
[ ! -e "$W" ] && [ -w "$B" ] || { echo 'directory!unreadable'; exit 1; }
trap 'rm -rf "$W"' EXIT
trap 'exit 1' HUP INT TERM
(umask 077; mkdir "$W") || exit 1
N=$((Y / 4096)); [ "$N" -le 2000 ] || N=2000
# Prints the time of each commit in microseconds: create, write 4 KB, fsync, remove, as cleanup(8) and qmgr(8) do.
plain='use Time::HiRes qw(time);use IO::Handle;my($d,$n,$s)=@ARGV;my $e=time+$s;for my $i(1..$n){last if time>$e;open my $f,">","$d/$$.$i" or die;syswrite $f,"x"x4096;my $t=time;$f->sync or die;printf "%d\\n",(time-$t)*1e6;close $f;unlink "$d/$$.$i"}'
s_commit() {
  echo "directory:$B"
  if command -v fio >/dev/null; then
    fio --name=c --directory="$W" --size=4m --rw=write --bs=4k --fsync=1 --runtime="$T" --time_based=0 --io_size="$Y" --output-format=json 2>/dev/null |
      awk '/"sync"/{s=1}s&&/"50.000000"/{gsub(/[^0-9]/,"",$3);print "p50:"$3/1e9}s&&/"99.000000"/{gsub(/[^0-9]/,"",$3);print "p99:"$3/1e9;exit}'
    echo method:fio
  elif command -v perl >/dev/null && perl -MTime::HiRes -MIO::Handle -e 1; then
    perl -e "$plain" "$W" "$N" "$T" | sort -n | awk '{a[NR]=$1}END{if(NR>9){print "p50:"a[int(NR*.5)]/1e6;print "p99:"a[int(NR*.99)]/1e6;print "commits:"NR}}'
    echo 'method:plain writes and fsync'
    # Eight writers at once: how much commits are grouped.
    s=$(date +%s%N); for i in 1 2 3 4 5 6 7 8; do perl -e "$plain" "$W" $((N / 8)) "$T" >"$W/n$i" & done; wait; e=$(date +%s%N)
    case $s$e in *N*) ;; *) cat "$W"/n? | awk -v us=$(((e - s) / 1000)) 'END{if(us>0)print "grouped:"NR*1000000/us}';; esac
  elif command -v pg_test_fsync >/dev/null; then
    pg_test_fsync -s 1 -f "$W/pg" | awk '/^Compare file sync methods using one/{b=1}b&&/^ *fsync /{print "p50:"1/$2;exit}'; echo method:pg_test_fsync
  else
    n=$((N < 200 ? N : 200)); s=$(date +%s); dd if=/dev/zero of="$W/dd" bs=4096 count=$n oflag=dsync; e=$(date +%s); [ "$e" -eq "$s" ] || echo "p50:$(awk -v s=$((e - s)) -v n=$n 'BEGIN{print s/n}')"; echo 'method:dd, mean'
  fi
  for f in fsstone /usr/lib/postfix/sbin/fsstone /usr/sbin/fsstone; do command -v $f >/dev/null || continue
    mkdir "$W/fs" && cd "$W/fs" && $f 200 20 2>&1 | awk '/^elapsed time: /{print "fsstone:"$3/200}'; cd "$B"; break; done
}
echo 'postern-probe 1'
S commit 20
echo '@@ end'
`;
