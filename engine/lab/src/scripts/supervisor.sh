# PID 1 of a lab. Bash, as root, in network, mount, pid, uts and ipc namespaces of the lab's own; /proc is still the
# machine's, so that the pids it tells are the ones its owner knows.
#
# It does what it reads on standard input, one request a line, words separated by tabs, and answers each on standard
# output with one line, `ok …` or `error …`. At the end of its input it exits, and the kernel then kills and unmounts
# everything that is the lab's: that pipe is held by the owner, so no way for the owner to end leaves anything behind.
#
#   $1  an empty directory of the machine, to mount on; only this lab sees what is mounted there
#   $2  the base layer's tar file
#   LAB_HOST and LAB_INIT in the environment: host.sh and init.sh
#
# A host is a directory of `hosts`: `address`, `mac` and `veth` say where it is; `upper` and `work` hold what differs
# from the machine, `root` is both together; `key` is its host key; `binds` and `smalls` list further mounts.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
tab=$'\t'
options=redirect_dir=off,metacopy=off,index=off

# Programs that the machine may lack come from the layer.
tool() { chroot "$lab/tools" "$@"; }

# What makes a tree a machine of its own: name, ids, addresses, keys. Nothing is written through a link that may be there:
# seen from here, it would lead to a file of the machine.
furnish() { # NAME
    local host=$lab/hosts/$1 etc=$lab/hosts/$1/root/etc
    rm -f "$etc/hostname" "$etc/machine-id" "$etc/resolv.conf" "$etc/hosts"
    echo "$1" >"$etc/hostname"
    cp "$host/machine-id" "$etc/machine-id"
    : >"$etc/resolv.conf"
    cp "$lab/names" "$etc/hosts"
    cp "$lab/keys/id_ed25519.pub" "$etc/ssh/authorized_keys"
    cp "$host/key" "$etc/ssh/ssh_host_ed25519_key"
    cp "$host/key.pub" "$etc/ssh/ssh_host_ed25519_key.pub"
    if [ "$1" = ops ] && [ ! -e "$host/root/root/.ssh" ]; then
        mkdir -m 700 "$host/root/root/.ssh"
        cp "$lab/keys/id_ed25519" "$lab/keys/id_ed25519.pub" "$lab/known_hosts" "$host/root/root/.ssh/"
    fi
}

# A tree without anything of an earlier one.
fresh() { # NAME
    local host=$lab/hosts/$1 at dir size
    if [ -e "$host/root" ]; then
        umount -l "$host/root"
        find "$host/small" -mindepth 1 -maxdepth 1 -exec umount -l {} +
        rm -rf "$host/upper" "$host/work" "$host/root" "$host/small"
    fi
    mkdir "$host/upper" "$host/work" "$host/root" "$host/small"
    tr -d - </proc/sys/kernel/random/uuid >"$host/machine-id"
    mount -t overlay lab -o "lowerdir=$lab/layer:/,upperdir=$host/upper,workdir=$host/work,$options" "$host/root"
    # Small file systems are mounted here and bound into the host, so that a reboot keeps what they hold.
    while IFS=$tab read -r at dir size; do
        mkdir "$host/small/$at"
        mount -t tmpfs -o "mode=1777,size=$size" small "$host/small/$at"
        chroot "$host/root" mkdir -p -- "$dir"
    done <"$host/smalls"
}

key() { # NAME
    local host=$lab/hosts/$1
    rm -f "$lab/keys/host" "$lab/keys/host.pub"
    tool ssh-keygen -q -t ed25519 -N '' -C "$1" -f /tmp/host
    mv "$lab/keys/host" "$host/key"
    mv "$lab/keys/host.pub" "$host/key.pub"
}

# The requests.

host() { # NAME ADDRESS MAC VETH
    local host=$lab/hosts/$1
    mkdir "$host"
    echo "$2" >"$host/address"
    echo "$3" >"$host/mac"
    echo "$4" >"$host/veth"
    : >"$host/binds"
    : >"$host/smalls"
    key "$1"
    echo "$2 $1" >>"$lab/names"
    echo "neighbour replace $2 lladdr $3 dev eth0 nud permanent" >>"$lab/neighbours"
    echo "$1,$2 $(cut -d ' ' -f 1,2 "$host/key.pub")" >>"$lab/known_hosts"
}

bind() { # NAME ro|rw SOURCE TARGET
    printf '%s\t%s\t%s\n' "$2" "$3" "$4" >>"$lab/hosts/$1/binds"
}

small() { # NAME NUMBER DIR SIZE
    printf '%s\t%s\t%s\n' "$2" "$3" "$4" >>"$lab/hosts/$1/smalls"
}

# Starts hosts side by side, and says the pid of each one's init when its sshd listens.
boot() { # NAME...
    local name pid word said='' left=$#
    for name; do
        [ -e "$lab/hosts/$name/root" ] || fresh "$name"
        furnish "$name"
        cat /proc/sys/kernel/random/uuid >"$lab/hosts/$name/boot_id"
        unshare --net --mount --uts --ipc --pid --fork --kill-child bash -c 'eval "$LAB_HOST"' "$name" </dev/null >&2 &
        echo $! >"$lab/hosts/$name/unshare"
    done
    while [ "$left" -gt 0 ]; do
        read -r -t 50 -u 9 name word pid || { echo 'no sshd answered within 50 s' >&2; return 1; }
        # What an earlier boot that went wrong left.
        case " $* " in *" $name "*) ;; *) continue ;; esac
        [ "$word" = up ] || { echo "$name did not come up" >&2; return 1; }
        echo "$pid" >"$lab/hosts/$name/pid"
        said+="$tab$name=$pid"
        left=$((left - 1))
    done
    printf '%s' "${said#"$tab"}"
}

# Kills every process of a host, and returns when the last of them is gone.
halt() { # NAME
    local host=$lab/hosts/$1 pid i
    pid=$(<"$host/pid")
    kill -KILL "$(<"$host/unshare")" || :
    for ((i = 0; i < 3000; i++)); do
        [ -e "/proc/$pid" ] || break
        sleep 0.01
    done
    [ ! -e "/proc/$pid" ] || { echo "a process of $1 does not end" >&2; return 1; }
    # The kernel takes its time to do this by itself, and the name is needed again.
    tool ip link delete "$(<"$host/veth")" 2>/dev/null || :
}

link() { # NAME up|down
    tool ip link set "$(<"$lab/hosts/$1/veth")" "$2"
}

public_key() { # NAME
    cat "$lab/hosts/$1/key.pub"
}

login() {
    base64 -w 0 <"$lab/keys/id_ed25519"
}

lab=$1
mount -t tmpfs -o mode=755,size=75% lab "$lab"
mkdir "$lab/layer" "$lab/tools" "$lab/hosts" "$lab/keys"
tar --extract --file "$2" --xattrs --xattrs-include='*' --same-owner -C "$lab/layer"
# The layer is copied, not mounted from where it lies: what is below `/` cannot be a second lower directory beside it.
mount -t overlay lab -o "lowerdir=$lab/layer:/,$options" "$lab/tools"
mount --bind "$lab/keys" "$lab/tools/tmp"
mount -t tmpfs -o mode=755 dev "$lab/tools/dev"
mknod -m 666 "$lab/tools/dev/null" c 1 3
mkfifo "$lab/events"
exec 9<>"$lab/events"
read -r outer _ </proc/self/stat
export LAB_DIR=$lab LAB_NET=/proc/$outer/ns/net
printf '127.0.0.1 localhost\n::1 localhost\n' >"$lab/names"
tool ip -batch - <<NET
link set lo up
link add br0 type bridge forward_delay 0 stp_state 0
link set br0 up
address add 192.0.2.1/24 dev br0
NET
tool ssh-keygen -q -t ed25519 -N '' -C lab -f /tmp/id_ed25519
printf 'ok\t%s\n' "$outer"

while IFS=$tab read -r -a request; do
    # A function's standard output is its answer; what it says on standard error goes to the lab's log. Not in the
    # condition of an `if`, where `set -e` would not hold.
    set +e
    answer=$(set -e; "${request[@]}")
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        printf 'ok\t%s\n' "$answer"
    else
        # The other way that this goes is another pipe: what was said of it is all there when this is.
        printf '\001\n' >&2
        printf 'error\t%s\n' "${request[0]}"
    fi
done
