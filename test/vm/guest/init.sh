# PID 1 of the guest, after the initramfs has put the layers together. Arguments: node, agent, port for the agent.
# The shell reaps every orphan in `wait`, as an init must: pppd and its hooks put themselves into the background.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/network /run/lock

# Node takes longest, so it starts first; it says hello only when /run/lab-ready is there.
"$@" &
agent=$!

# The host may be a router itself: its own hooks and settings are not the lab's.
rm -rf /etc/ppp/*.local /etc/mlb-hooks /etc/netns /var/log/ppp-ipupdown.log
hostname lab
ip link set lo up
modprobe -a ppp_async ppp_synctty pppoe veth nf_tables
touch /run/lab-ready

wait $agent
# The agent ends when the host is gone. Without it nobody can use this machine.
echo o > /proc/sysrq-trigger
sleep 9
