import { framing } from './framing.ts';

/**
 * The probe: one POSIX sh script that prints what a host is, in sections that `parseFacts` reads. It writes nothing,
 * needs no privilege (what it may not read it says) and runs in one exec, for example over SSH:
 * `ssh host sh -s < probe.sh`.
 *
 *     postern-probe 1
 *     @@ meta
 *      time:1795444225          a line begins with a space; files are path:line
 *      /proc/kmsg!unreadable    there, and not readable for this user
 *      ~cut                     the section had more lines than it may have
 *     @@/meta 1534-90211        checksum of the lines between
 *     …
 *     @@ end
 */
export const probeScript: string = `# Reads what a host is, for tuning Postfix. POSIX sh; writes nothing; one exec: sh -s < probe.sh
# Every section is framed by its name and ends with its checksum, so that a torn answer shows.
${framing}H() { command -v "$1" >/dev/null; }
s_meta() {
  echo "time:$(date +%s)"; echo "uid:$(id -u)"; echo "uname:$(uname -srm)"
  grep -sHE '^(ID=|VERSION_ID=|[0-9.]+ [0-9.]+$)' /etc/os-release /proc/uptime
}
s_virt() {
  for f in /proc/vz /proc/bc /proc/xen /proc/user_beancounters /.dockerenv /run/.containerenv /dev/lxd/sock /sys/bus/vmbus /dev/xvda; do
    [ ! -e $f ] || echo "exists:$f"; done
  d=/sys/class/dmi/id
  L /sys/hypervisor/type /sys/hypervisor/uuid /sys/hypervisor/properties/features /proc/xen/capabilities /run/systemd/container /run/host/container-manager /proc/sys/kernel/osrelease /proc/1/cgroup /proc/self/uid_map /proc/1/comm $d/sys_vendor $d/product_name $d/product_version $d/board_vendor $d/bios_vendor $d/chassis_vendor
  H systemd-detect-virt && { echo "detect-vm:$(systemd-detect-virt -v)"; echo "detect-container:$(systemd-detect-virt -c)"; }
  if [ -r /proc/1/environ ]; then tr '\\0' '\\n' </proc/1/environ | sed -n 's/^container=/init-container:/p'; else echo 'init-container!unreadable'; fi
  sed -n '/^model name\\|^vendor_id/{s/[[:blank:]]*: */:/;s/^/cpuinfo./;p;};/^flags.* hypervisor/s/.*/cpuinfo.hypervisor:1/p;/^ *$/q' /proc/cpuinfo
  ls -l /proc/self/ns | sed -n 's/.* \\(pid\\|user\\|cgroup\\|uts\\) -> [a-z]*:.\\([0-9]*\\).*/ns.\\1:\\2/p'
  set -- /sys/bus/virtio/devices/*; [ ! -e "$1" ] || echo "virtio:\${1##*/}"
  set -- /sys/bus/pci/devices/*; [ -e "$1" ] || set --; [ ! -d /sys/bus ] || echo "pci:$#"
}
s_cpu() {
  L /sys/devices/system/cpu/online /proc/loadavg; echo "processors:$(grep -cE '^processor' /proc/cpuinfo)"
  grep -sHE '^(cpu |procs_|btime|Cpus_allowed_list)' /proc/stat /proc/self/status
}
s_memory() {
  grep -sHE '^(Mem(Total|Free|Available):|Buffers:|Cached:|Swap(Total|Free):|Dirty:|Writeback:|SReclaimable:|pswp(in|out) )' /proc/meminfo /proc/vmstat
  [ ! -e /proc/user_beancounters ] || L /proc/user_beancounters
}
s_cgroup() {
  r=/sys/fs/cgroup; set --
  for l in $(cat /proc/self/cgroup); do
    echo "/proc/self/cgroup:$l"
    c=\${l#*:}; p=\${c#*:}; p=\${p%/}; c=\${c%%:*}
    case ",$c," in
      ,,) b=$r; [ ! -d $r/unified ] || b=$r/unified; k='cpu.max memory.max memory.high memory.current memory.swap.max pids.max io.max';;
      *,cpu,*) b=$r/$c; [ -d $b ] || b=$r/cpu; k='cpu.cfs_quota_us cpu.cfs_period_us';;
      *,memory,*) b=$r/memory; k='memory.limit_in_bytes memory.usage_in_bytes memory.memsw.limit_in_bytes';;
      *,pids,*) b=$r/pids; k=pids.max;;
      *,blkio,*) b=$r/blkio; k='blkio.throttle.write_iops_device blkio.throttle.write_bps_device';;
      *) continue;; esac
    while :; do for n in $k; do [ ! -e "$b$p/$n" ] || set -- "$@" "$b$p/$n"; done; [ -n "$p" ] || break; p=\${p%/*}; done
  done
  [ $# = 0 ] || L "$@"
}
s_psi() { L /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory; }
s_disk() {
  set --
  for q in /sys/block/*/queue; do case $q in */ram*|*/loop*|*/zram*|*/nbd*) continue;; esac
    set -- "$@" "$q/rotational" "$q/scheduler" "$q/write_cache" "$q/nr_requests" "\${q%/queue}/size" "\${q%/queue}/ro" "\${q%/queue}/device/model" "\${q%/queue}/device/vendor"; done
  grep -sH '' /proc/mdstat "$@"
  for f in /sys/class/raid_devices /proc/driver/megaraid /dev/megaraid_sas_ioctl_node /dev/mpt3ctl; do [ ! -e $f ] || echo "exists:$f"; done
  awk '$4+$8>0&&$3!~/^(ram|loop|zram)/{print "io:"$3,$4,$7,$8,$11,$13;if(++n>24)exit}' /proc/diskstats
}
s_limits() {
  echo "nofile:$(ulimit -n) $(ulimit -Hn)"; echo "nproc:$( (ulimit -u) 2>/dev/null || ulimit -p)"; L /proc/sys/fs/file-nr
  m=; read -r m <"$Q/pid/master.pid"; [ -n "$m" ] && cd "/proc/$m" && { grep -sHE '^Max (processes|open files)' limits; [ -r limits ] || echo 'limits!unreadable'; }
}
s_sysctl() {
  cd /proc/sys || return
  K='fs/file-max fs/nr_open kernel/pid_max kernel/threads-max vm/swappiness vm/dirty_ratio vm/dirty_background_ratio vm/overcommit_memory net/core/somaxconn net/core/netdev_max_backlog net/core/rmem_max net/core/wmem_max net/core/default_qdisc net/ipv4/ip_local_port_range net/ipv4/tcp_max_syn_backlog net/ipv4/tcp_syncookies net/ipv4/tcp_fin_timeout net/ipv4/tcp_tw_reuse net/ipv4/tcp_keepalive_time net/ipv4/tcp_syn_retries net/ipv4/tcp_slow_start_after_idle net/ipv4/tcp_mtu_probing net/ipv4/tcp_congestion_control net/ipv4/tcp_max_tw_buckets net/ipv4/tcp_abort_on_overflow net/ipv4/conf/all/rp_filter net/ipv4/conf/all/accept_redirects net/ipv4/conf/all/send_redirects net/ipv4/conf/all/accept_source_route net/netfilter/nf_conntrack_max net/netfilter/nf_conntrack_count'
  grep -sH '' $K; for k in $K; do [ ! -e $k ] || [ -w $k ] || echo "fixed:$k"; done; echo tested:yes
}
s_net() {
  set --; for f in /proc/net/netstat /proc/net/snmp /proc/net/tcp /proc/net/tcp6; do [ ! -r $f ] || set -- "$@" $f; done
  [ $# != 0 ] || { echo 'in!unreadable'; return; }
  awk '/^(TcpExt|Tcp):/{if($1!=h){split($0,n);h=$1}else for(i=2;i<=NF;i++)if(n[i]~/^(ListenOverflows|ListenDrops|SyncookiesSent|TCPReqQFullDrop|TCPTimeWaitOverflow|CurrEstab|RetransSegs|OutSegs|AttemptFails)$/)print n[i]":"$i}
    FILENAME~/tcp/&&$2~/:/{split($2,l,":");split($3,r,":");p=l[2];if($4=="0A"){split($5,q,":");if(p=="0019"||p=="01D1"||p=="024B"||p=="0035")print "listen:"p,q[2]}else{if(p=="0019"||p=="01D1"||p=="024B")a++;if(r[2]=="0019")o++;if($4=="06")t++}}
    END{print "in:"a+0;print "out:"o+0;print "time-wait:"t+0}' "$@"
}
s_clock() {
  L /sys/devices/system/clocksource/clocksource0/current_clocksource
  if H timedatectl && [ -d /run/systemd/system ]; then echo "sync:$(timedatectl show -p NTPSynchronized --value)"; fi
  [ ! -e /run/systemd/timesync/synchronized ] || echo sync:yes
  for c in $A; do case \${c%:*} in chronyd|ntpd|systemd-timesyn|openntpd) echo "daemon:\${c%:*}";; esac; done
}
s_dns() {
  grep -sHE '^(nameserver|options|search)' /etc/resolv.conf
  for c in $A; do case \${c%:*} in unbound|named|pdns_recursor|dnsmasq|kresd|systemd-resolve) echo "daemon:\${c%:*}";; esac; done
}
s_postfix() {
  [ -z "$E" ] || { echo "$E"; return; }
  printf '%s\\n' "$P" | sed 's/ = */:/'; echo "config:$D"
  [ -r "$D/master.cf" ] || { echo 'master.cf!unreadable'; return; }
  awk '/^[ \\t]*(#|$)/{next}/^[ \\t]/{gsub(/^[ \\t]+/,"");l=l" "$0;next}{if(l)print "service:"substr(l,1,300);l=$0}END{if(l)print "service:"substr(l,1,300)}' "$D/master.cf"
}
s_processes() {
  set --; for c in $A; do echo "$c"; case $c in smtpd:*) set -- stressed;; esac; done
  [ $# = 0 ] || set -- $(grep -sl '[s]tress=yes' /proc/[0-9]*/cmdline)
  echo "stress:$#"; [ -r /proc/1/stat ] || echo 'others!unreadable'
}
s_queue() {
  [ -d "$Q" ] || { echo 'directory!unreadable'; return; }
  echo "directory:$Q"; l=$(df -PTk "$Q"); l=\${l##*$J}; [ -z "$l" ] || echo "space:$l"; i=$(df -Pi "$Q"); [ -z "$i" ] || echo "inodes:\${i##*$J}"
  [ -n "$l" ] || l=$(df -Pk "$Q"); awk -v m="\${l##*% }" '$2==m{l=$0}END{if(l)print "mount:"l}' /proc/self/mounts
  x=$(stat -c '%d' "$Q"); [ -z "$x" ] || { x=$(((x>>8)&4095)):$(((x&255)|((x>>12)&1048320))); p=$(cd -P "/sys/dev/block/$x" && pwd -P); [ -z "$p" ] || { [ ! -e "$p/partition" ] || p=\${p%/*}; echo "device:\${p##*/}"; for f in "$p"/slaves/*; do [ ! -e "$f" ] || echo "slave:\${f##*/}"; done; }; }
  cd "$Q" || { for d in $W; do echo "$d!unreadable"; done; return; }
  set --; for d in $W; do if [ -r $d ] && [ -x $d ]; then set -- "$@" $d; elif [ -e $d ]; then echo "$d!unreadable"; fi; done
  # A queue is counted up to 100000, all up to half a million; one that was not reached is not told.
  [ $# = 0 ] || find "$@" -type f | awk -v all="$*" 'BEGIN{FS="/"}{if(n[$1]<100000)n[$1]++;if(NR>=500000)exit}END{k=split(all,d," ");f=NR<500000;for(i=k;i>0;i--){if(n[d[i]])f=1;if(f)print d[i]":"n[d[i]]+0}}'
}
N='mail_version queue_directory default_process_limit qmgr_message_active_limit queue_run_delay minimal_backoff_time maximal_backoff_time maximal_queue_lifetime bounce_queue_lifetime in_flow_delay default_destination_concurrency_limit smtp_destination_concurrency_limit initial_destination_concurrency smtpd_client_connection_count_limit smtpd_client_connection_rate_limit anvil_rate_time_unit smtpd_timeout smtpd_hard_error_limit smtpd_junk_command_limit smtpd_milters non_smtpd_milters content_filter smtpd_proxy_filter smtpd_recipient_restrictions max_use hash_queue_names'
W='active corrupt maildrop incoming hold deferred'
J='
'
D=/etc/postfix Q=/var/spool/postfix E= P=
if ! H postconf; then E='postconf!not there'
elif [ ! -r $D/main.cf ]; then E='main.cf!unreadable' # postconf would sleep a second for each fatal error
else P=$(postconf $N 2>/dev/null </dev/null); case $P in *"queue_directory = /"*) Q=\${P#*queue_directory = }; Q=\${Q%%$J*};; esac; fi
# Which programs that have to do with mail run, and how many of each: for three sections.
A=$(grep -shxE 'master|smtpd?|lmtp|cleanup|n?qmgr|bounce|local|pipe|virtual|postscreen|dnsblog|proxymap|trivial-rewri|anvil|error|tlsproxy|tlsmgr|pickup|spawn|policyd-spf|postgrey|opendkim|opendmarc|rspamd|spamd|clamd|amavisd(-new)?|milter-.*|python3?|perl|chronyd|ntpd|systemd-timesyn|openntpd|unbound|named|pdns_recursor|dnsmasq|kresd|systemd-resolve' /proc/[0-9]*/comm 2>/dev/null | awk '{gsub(/[^!-~]/,"");n[$0]++}END{for(c in n)print c":"n[c]}')
{ S meta 20; S virt 60; S cpu 20; S memory 60; S cgroup 60; S psi 12; S disk 100; S limits 20; S sysctl 90; S net 40; S clock 20; S dns 12; S postfix 110; S processes 50; S queue 30; S end; } | F
`;
