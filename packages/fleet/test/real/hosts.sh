# Builds so many machines on this one, each with a network, files, processes, an sshd and a Postfix of its own:
#
#     unshare -n -m -p -f --kill-child --mount-proc bash hosts.sh FOLDER COUNT
#
# Host i is root@10.99.0.(10+i), with FOLDER/key; FOLDER/known_hosts knows it. They reach each other and this script's
# network, and nothing else. Says `ready PIDS…`, then waits until its standard input ends; everything ends with it.
set -e
folder=$1 count=$2
mkdir -p "$folder/fs"
mount -t tmpfs tmpfs "$folder/fs"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
ssh-keygen -q -t ed25519 -N '' -f "$folder/hostkey"
ip link set lo up
ip link add br0 type bridge && ip addr add 10.99.0.1/16 dev br0 && ip link set br0 up

host() {
  local i=$1 base=$folder/fs/h$1 root=$folder/fs/h$1/root
  mkdir -p "$base/up" "$base/work" "$root"
  mount -t overlay overlay -o lowerdir=/,upperdir="$base/up",workdir="$base/work" "$root"
  mkdir -p "$root/root/.ssh" "$root/run" "$root/etc/ssh"
  cp "$folder/key.pub" "$root/root/.ssh/authorized_keys"
  chmod 700 "$root/root" "$root/root/.ssh"
  rm -f "$root/root/.bashrc" "$root/root/.profile"
  install -m 600 "$folder/hostkey" "$root/etc/ssh/hostkey"
  printf '%s\n' 'ListenAddress 0.0.0.0' 'HostKey /etc/ssh/hostkey' 'PermitRootLogin prohibit-password' \
    'PasswordAuthentication no' 'UsePAM no' 'UseDNS no' 'MaxStartups 100' 'PidFile none' \
    'Subsystem sftp internal-sftp' >"$root/etc/ssh/sshd_config"
  printf '127.0.0.1 localhost h%s.test h%s\n' "$i" "$i" >"$root/etc/hosts"
  printf '%s\n' 'compatibility_level = 3.6' "myhostname = h$i.test" "mydestination = h$i.test, localhost" \
    'mynetworks = 127.0.0.0/8' 'inet_interfaces = loopback-only' 'inet_protocols = ipv4' 'alias_maps =' 'alias_database =' \
    'maillog_file = /var/log/postfix.log' 'smtpd_helo_required = no' >"$root/etc/postfix/main.cf"
  cp /usr/share/postfix/master.cf.dist "$root/etc/postfix/master.cf"
  printf '192.0.2.0/24 REJECT\n' >"$root/etc/postfix/clients.cidr"
  touch -d '1 hour ago' "$root/etc/postfix/main.cf" "$root/etc/postfix/master.cf"
  rm -rf "$root/var/lib/postern" "$root/var/spool/postfix/pid/master.pid"
  unshare -n -m -u -p -f --kill-child sh -e -c '
    root=$1; hostname "h$2.test"; ip link set lo up
    mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; mount -t tmpfs tmpfs "$root/run"; mkdir -p "$root/run/sshd"
    exec chroot "$root" sh -c "/usr/sbin/sshd; /usr/lib/postfix/sbin/master -w; exec sleep infinity"
  ' sh "$root" "$i" >"$base/log" 2>&1 &
  local pid=$!
  echo "$pid" >"$base/pid"
  # The network is that of the child that unshare has forked.
  until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
  ip link add "ve$i" type veth peer name eth0 netns "$pid"
  ip link set "ve$i" master br0 up
  nsenter --target="$pid" --net sh -c "ip addr add 10.99.0.$((10 + i))/16 dev eth0; ip link set eth0 up"
  echo "10.99.0.$((10 + i)) $(cut -d ' ' -f 1,2 "$folder/hostkey.pub")" >>"$folder/known_hosts"
}

for i in $(seq 1 "$count"); do host "$i"; done
for i in $(seq 1 "$count"); do
  until (exec 3<>"/dev/tcp/10.99.0.$((10 + i))/22") 2>/dev/null && [ -s "$folder/fs/h$i/root/var/spool/postfix/pid/master.pid" ]; do sleep 0.05; done
done
echo ready
cat >/dev/null
