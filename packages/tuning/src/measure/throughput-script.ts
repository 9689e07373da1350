/**
 * Drives messages through a private instance with the host's own limits, on loopback and on the disk of its queue:
 * `sh -s -- MESSAGES SESSIONS SECONDS SIZE < script`, as root. Prints `progress:DONE ALL` as it goes; instance, queue
 * and sink are gone afterwards, also after a signal. Each message comes in a session of its own, as from the internet.
 * `parseThroughput` reads what it prints.
 */
export const throughputScript: string = `# Arguments: messages, sessions, seconds, message size. Needs root. Leaves nothing behind.
M=\${1:-500} C=\${2:-20} T=\${3:-60} Z=\${4:-2000}
[ "$(id -u)" = 0 ] || { echo 'error:only root can start a Postfix instance'; exit 3; }
for p in postfix postconf smtp-source smtp-sink; do command -v $p >/dev/null || { echo "error:$p is not installed"; exit 3; }; done
[ -r /etc/postfix/main.cf ] || [ -n "$MAIL_CONFIG" ] || { echo 'error:there is no /etc/postfix/main.cf'; exit 3; }
Q=$(postconf -h queue_directory)
# Beside the queue: the same file system, the same disk.
W=\${Q%/*}/postern-measure.$$
[ ! -e "$W" ] && [ -w "\${Q%/*}" ] || { echo "error:cannot write to \${Q%/*}"; exit 3; }
K=
clean() { [ -z "$K" ] || kill $K 2>/dev/null; [ ! -f "$W/q/pid/master.pid" ] || postfix -c "$W/etc" abort >/dev/null 2>&1; rm -rf "$W"; }
trap clean EXIT
trap 'exit 3' HUP INT TERM
mkdir -m 755 "$W" || exit 3
mkdir "$W/etc" "$W/q" "$W/data"; chown "$(postconf -h mail_owner)" "$W/data"
used=$(awk '$4=="0A"{split($2,a,":");print a[2]}' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
port() { p=$1; while printf '%s\\n' "$used" | grep -qix "$(printf %04X $p)"; do p=$((p + 7)); done; echo $p; }
I=$(port 20525) O=$(port 21525)
for n in default_process_limit default_destination_concurrency_limit smtp_destination_concurrency_limit initial_destination_concurrency queue_run_delay minimal_backoff_time maximal_backoff_time in_flow_delay qmgr_message_active_limit max_use command_directory daemon_directory mail_owner setgid_group compatibility_level; do postconf $n 2>/dev/null; done >"$W/etc/main.cf"
cat >>"$W/etc/main.cf" <<END
queue_directory = $W/q
data_directory = $W/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = measure.invalid
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:$O
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtp_tls_security_level =
maillog_file = $W/log
maillog_file_prefixes = $W
syslog_name = postern-measure
END
# The host's own services, without its other listeners, out of the chroot.
awk -v port="127.0.0.1:$I" '/^[ \\t]*(#|$)/{next}/^[ \\t]/{if(keep)print;next}{keep=!($2=="inet"||$2=="pass");if($2=="inet"&&$1~/(^|:)(smtp|25)$/){m=$7}if($1=="smtpd"&&$2=="pass")m=$7;if(keep){$5="n";print}}END{print port" inet n - n - "(m==""?"-":m)" smtpd"}' "$(postconf -h config_directory)/master.cf" >"$W/etc/master.cf"
grep -q '^postlog ' "$W/etc/master.cf" || echo 'postlog unix-dgram n - n - 1 postlogd' >>"$W/etc/master.cf"
# A file that was changed just now is read only after a second or two.
touch -d '1 hour ago' "$W/etc/main.cf" "$W/etc/master.cf" 2>/dev/null
# CPU time of the instance so far, in ticks: of master(8), of its children, and of those that have ended.
ticks() { cat /proc/[0-9]*/stat 2>/dev/null | awk -v m="$(($(cat "$W/q/pid/master.pid")))" '{p=$1;sub(/.*[)] /,"");if(p==m)t+=$12+$13+$14+$15;else if($2==m)t+=$12+$13}END{print t+0}'; }
smtp-sink -u nobody "127.0.0.1:$O" 512 >/dev/null 2>&1 & K=$!
postfix -c "$W/etc" start >"$W/start" 2>&1 || { echo "error:the private instance did not start: $(tail -n 1 "$W/start")"; exit 3; }
echo "progress:0 $M"
c=$(ticks); h=$(getconf CLK_TCK 2>/dev/null || echo 100)
b=$(date +%s%N); l=$(($(date +%s) + T))
smtp-source -s "$C" -m "$M" -l "$Z" -f a@measure.invalid -t b@measure.invalid "127.0.0.1:$I" >"$W/source" 2>&1 & K="$K $!"
d=0
while :; do
  d=$(grep -c 'status=sent' "$W/log" 2>/dev/null); d=\${d:-0}; e=$(date +%s%N)
  [ "$d" -lt "$M" ] || break
  [ "$(date +%s)" -lt "$l" ] || { echo stopped:time; break; }
  [ "$d" = "$last" ] || echo "progress:$d $M"; last=$d
  sleep 0.2 2>/dev/null || sleep 1
done
# Of messages that are on their way some of the work is done: then it is not known what one takes.
[ "$d" -lt "$M" ] || echo "cpu:$((($(ticks) - c) * 1000000 / h))"
echo "delivered:$d"
echo "microseconds:$(((e - b) / 1000))"
`;
