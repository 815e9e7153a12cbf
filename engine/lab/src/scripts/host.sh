# The first process of a lab host: makes its root, enters it, and becomes init.sh. Bash, as root, in network, mount, pid,
# uts and ipc namespaces of the host's own; /proc is still the machine's. File descriptor 9 leads to the supervisor.
#
#   $0        the host's name
#   LAB_DIR   the lab's directory
#   LAB_NET   the lab's network namespace
#   LAB_INIT  init.sh
set -euo pipefail
name=$0
trap 'echo "$name failed" >&9' EXIT
read -r pid _ </proc/self/stat
cd "$LAB_DIR/hosts/$name"
address=$(<address) mac=$(<mac) veth=$(<veth)
echo "$name" >/proc/sys/kernel/hostname

# One end of the cable stays with the lab's bridge. `netns 1` is this very process. Neighbours are known beforehand: a
# host that is cut off is silent, and is not "no route to host" after a while.
nsenter --net="$LAB_NET" chroot "$LAB_DIR/tools" ip -batch - <<NET
link add $veth type veth peer name eth0 address $mac netns 1
link set $veth master br0
link set $veth up
NET
{
    echo 'link set lo up'
    echo 'link set eth0 up'
    echo "address add $address/24 dev eth0"
    grep -v " $address " "$LAB_DIR/neighbours"
} | chroot "$LAB_DIR/tools" ip -batch -

root=$PWD/root
mount -t proc proc "$root/proc"
# What is the kernel's and not this host's can be read and not be written.
for path in sys bus fs irq sysrq-trigger; do
    [ -e "$root/proc/$path" ] || continue
    mount --bind "$root/proc/$path" "$root/proc/$path"
    mount -o remount,bind,ro "$root/proc/$path"
done
mount --bind boot_id "$root/proc/sys/kernel/random/boot_id"
mount -t sysfs -o ro sysfs "$root/sys"

dev=$root/dev
mount -t tmpfs -o mode=755 dev "$dev"
mknod -m 666 "$dev/null" c 1 3
mknod -m 666 "$dev/zero" c 1 5
mknod -m 666 "$dev/full" c 1 7
mknod -m 666 "$dev/random" c 1 8
mknod -m 666 "$dev/urandom" c 1 9
mknod -m 666 "$dev/tty" c 5 0
mkdir "$dev/pts" "$dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts"
mount -t tmpfs -o mode=1777 shm "$dev/shm"
ln -s pts/ptmx "$dev/ptmx"
ln -s /proc/self/fd "$dev/fd"
ln -s /proc/self/fd/0 "$dev/stdin"
ln -s /proc/self/fd/1 "$dev/stdout"
ln -s /proc/self/fd/2 "$dev/stderr"
for path in kcore kmsg; do
    [ ! -e "$root/proc/$path" ] || mount --bind "$dev/null" "$root/proc/$path"
done

mount -t tmpfs -o mode=755 run "$root/run"
mkdir "$root/run/sshd" "$root/run/lab"
mkdir -m 1777 "$root/run/lock"
printf '%s' "$LAB_INIT" >"$root/run/lab/init.sh"

# Where a path of the host lies, seen from here: links in it are the host's, and must not lead to the machine.
place() { # PATH
    printf '%s%s' "$root" "$(chroot "$root" realpath -m -- "$1")"
}

while IFS=$'\t' read -r at dir _; do
    mount --bind "small/$at" "$(place "$dir")"
done <smalls
while IFS=$'\t' read -r mode source target; do
    target=$(place "$target")
    if [ -d "$source" ]; then
        mkdir -p "$target"
    else
        mkdir -p "${target%/*}"
        [ -e "$target" ] || : >"$target"
    fi
    mount --bind "$source" "$target"
    [ "$mode" = rw ] || mount -o remount,bind,ro "$target"
done <binds

mount -t tmpfs old "$root/mnt"
mkdir "$root/mnt/old"
cd "$root"
pivot_root . mnt/old
cd /
umount -l /mnt/old
umount /mnt

# Root in a host may do what it likes to the host. It cannot set the machine's clock, load modules into its kernel or
# make its disks' devices.
trap - EXIT
exec env -i PATH="$PATH" HOME=/root LC_ALL=C.UTF-8 \
    setpriv --bounding-set=-mknod,-sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog \
    bash /run/lab/init.sh "$name" "$pid"
