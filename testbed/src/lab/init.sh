#!/bin/sh
# Process 1 of a lab: makes its namespaces a machine of their own, then runs the relay until its standard input ends.
#
#     init.sh NODE RELAY SYSLOG HOSTNAME [ADDRESS...]      called by lab.ts under unshare(1)
#
# What the machine has under /etc, /var, /home and /root is seen, and what is written there stays in the lab's memory.
set -eu
node=$1 relay=$2 syslog=$3 name=$4
shift 4

fresh() { # fresh DIRECTORY MODE OWNER: an empty one
  mkdir -p "$1"
  mount -t tmpfs -o "mode=$2" tmpfs "$1"
  chown "$3" "$1"
}

fresh /run 755 root
mkdir -p /run/.lab /run/lock /run/sshd
for folder in etc var home root; do
  mkdir -p "/run/.lab/$folder/upper" "/run/.lab/$folder/work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/run/.lab/$folder/upper,workdir=/run/.lab/$folder/work" "/$folder"
done
mount --bind /usr /usr && mount -o remount,bind,ro /usr

# A /dev of its own, so that what is logged in the lab is not logged by the machine.
mkdir /run/.lab/dev
mount -t tmpfs -o mode=755 tmpfs /run/.lab/dev
(
  cd /run/.lab/dev
  mknod -m 666 null c 1 3; mknod -m 666 zero c 1 5; mknod -m 666 full c 1 7
  mknod -m 666 random c 1 8; mknod -m 666 urandom c 1 9; mknod -m 666 tty c 5 0
  mkdir pts shm
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts pts
  mount -t tmpfs -o mode=1777 tmpfs shm
  ln -s pts/ptmx ptmx; ln -s /proc/self/fd fd; ln -s /proc/self/fd/0 stdin; ln -s /proc/self/fd/1 stdout; ln -s /proc/self/fd/2 stderr
)
mount --move /run/.lab/dev /dev

# Nothing of the machine's own Postfix: no queue, no mail, no settings.
fresh /var/log 755 root
fresh /var/spool/mail 2775 root:mail
if id postfix >/dev/null 2>&1; then
  fresh /var/spool/postfix 755 root
  fresh /var/lib/postfix 755 postfix
  mkdir /run/.lab/postfix
  for file in dynamicmaps.cf dynamicmaps.cf.d postfix-files postfix-files.d postfix-script post-install; do
    [ ! -e "/etc/postfix/$file" ] || cp -aL "/etc/postfix/$file" /run/.lab/postfix/
  done
  fresh /etc/postfix 755 root
  cp -a /run/.lab/postfix/. /etc/postfix/
fi

# Every address there is belongs to this machine as far as connections go, so that clients come from where they like;
# only those given here are addresses of an interface, which is what Postfix takes for its own.
ip link set lo up
ip route add local 0.0.0.0/0 dev lo
if [ -d /proc/sys/net/ipv6 ]; then
  echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
  ip -6 route add local ::/0 dev lo
fi
hostname "$name"
rm -f /etc/hosts /etc/resolv.conf
echo "127.0.0.1 localhost" >/etc/hosts
[ ! -d /proc/sys/net/ipv6 ] || echo "::1 localhost" >>/etc/hosts
for address; do
  case $address in
    *:*) ip -6 addr add "$address/128" dev lo nodad ;;
    *) ip addr add "$address/32" dev lo ;;
  esac
  echo "$address $name ${name%%.*}" >>/etc/hosts
done
echo "nameserver 127.0.0.1" >/etc/resolv.conf

perl "$syslog" /dev/log /var/log/mail.log &
exec 3<&0
"$node" --disable-warning=ExperimentalWarning "$relay" /run/.lab/relay <&3 &
# Waiting here also buries the orphans that daemons leave to process 1.
wait $!
