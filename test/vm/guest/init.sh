# PID 1 of the guest, after the initramfs has put the layers together. Arguments: node, agent.
# The shell reaps every orphan in `wait`, as an init must: pppd and its hooks put themselves into the background.
# With lab=systemd on the kernel's command line systemd takes its place.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/network /run/lock

serve() {
  "$@"
  # The agent ends when the host is gone. Without it nobody can use this machine.
  echo o > /proc/sysrq-trigger
}
# Node takes longest, so it starts first; it says hello only when /run/lab-ready is there.
serve "$@" &
agent=$!

# The host may be a router itself: its own hooks and settings are not the lab's.
rm -rf /etc/ppp/*.local /etc/mlb-hooks /etc/netns /var/log/ppp-ipupdown.log /var/log/mlb-hooks.log /var/lib/mlb-hooks
hostname lab
ip link set lo up
modprobe -a ppp_async ppp_synctty pppoe veth nf_tables
if ! grep -q lab=systemd /proc/cmdline; then
  touch /run/lab-ready
  wait $agent
  sleep 9
  exit
fi

# The host's units are not the lab's, but for the journal. The agent is nobody's unit and lives on.
units=/usr/lib/systemd/system
rm -rf /etc/systemd/system/* $units/*.wants $units/*.requires
# A host that is a container would have systemd believe that this is one, too.
rm -f /.dockerenv /run/.containerenv
mkdir $units/sysinit.target.wants
ln -s ../systemd-journald.service $units/sysinit.target.wants/
cat > $units/lab.target <<END
[Unit]
Requires=basic.target
After=basic.target
END
cat > $units/lab-ready.service <<END
[Service]
Type=oneshot
ExecStart=/bin/touch /run/lab-ready
[Unit]
After=basic.target
END
mkdir $units/lab.target.wants
ln -s ../lab-ready.service $units/lab.target.wants/
exec /lib/systemd/systemd --unit=lab.target --show-status=false
