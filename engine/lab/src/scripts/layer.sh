# Makes the base layer: the packages that hosts need, and what hides the machine's own secrets. Bash, as root, in a mount
# and a pid namespace of its own. Nothing of it reaches the machine but the one file it writes.
#
#   $1  an empty directory, to mount on
#   $2  the tar file to write
#   …   packages
#
# What it says on standard output, line by line, is for the person who waits.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$1 tar=$2
shift 2

# Top-level names that hosts see of the machine, and directories that they see empty. Home directories, because a drill
# must not read a person's keys. Temporary ones, because a ledger of the machine's own may lie there. Of logs and spools
# the directories stay: services do not start without theirs.
kept=' bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var '
emptied='home root mnt media srv tmp var/tmp var/mail var/log var/spool var/backups etc/ssh etc/sudoers.d etc/ssl/private'

mount -t tmpfs -o mode=755 lab "$here"
cd "$here"
mkdir upper work merged skeleton hidden hidden-work hidden-merged

# $1 lower, $2 upper, $3 work, $4 where. The options are spelled out because kernels are built with other defaults.
overlay() {
    mount -t overlay lab -o "lowerdir=$1,upperdir=$2,workdir=$3,redirect_dir=off,metacopy=off,index=off" "$4"
}

# A machine in the merged tree: fresh /dev, /run and /tmp, so that no maintainer script meets a socket of the machine's.
furnish() {
    mount -t proc proc merged/proc
    mount -t tmpfs -o mode=755 lab merged/dev
    mknod -m 666 merged/dev/null c 1 3
    mknod -m 666 merged/dev/zero c 1 5
    mknod -m 666 merged/dev/full c 1 7
    mknod -m 666 merged/dev/random c 1 8
    mknod -m 666 merged/dev/urandom c 1 9
    mknod -m 666 merged/dev/tty c 5 0
    ln -s /proc/self/fd merged/dev/fd
    mount -t tmpfs -o mode=755 lab merged/run
    mount -t tmpfs -o mode=1777 lab merged/tmp
}

bare() {
    umount merged/tmp merged/run merged/dev merged/proc
    umount merged
}

overlay / upper work merged
furnish

if [ $# -gt 0 ]; then
    # It may be a link into /run, which is empty here.
    rm -f merged/etc/resolv.conf
    cat /etc/resolv.conf >merged/etc/resolv.conf
    printf '#!/bin/sh\nexit 101\n' >merged/usr/sbin/policy-rc.d
    chmod 755 merged/usr/sbin/policy-rc.d
    # Its trigger indexes every manual page of the machine.
    rm -f merged/var/lib/man-db/auto-update

    install() {
        chroot merged timeout 300 apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
            -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@" </dev/null >install.log 2>&1
    }
    echo "installing $* into the lab's base layer"
    # The lists that are there may do, also without a network; if not, today's are fetched.
    if ! install "$@"; then
        echo 'fetching package lists'
        if ! chroot merged timeout 120 apt-get update -q </dev/null >update.log 2>&1 || ! install "$@"; then
            tail -n 20 update.log install.log >&2
            exit 1
        fi
    fi
    chroot merged apt-get clean
fi
(cd merged && find var/log var/spool -xdev -type d -print0) |
    tar --create --file directories.tar --null --no-recursion --numeric-owner -C merged --files-from -
bare

# Lists of this build are of no use to a host. What is taken out of `upper` is the machine's again.
rm -rf upper/var/lib/apt/lists upper/var/cache/apt upper/usr/sbin/policy-rc.d upper/etc/resolv.conf
for dir in $emptied run dev proc sys; do
    rm -rf "upper/$dir"
done

# An overlay marks a directory that replaces another as opaque; only the kernel can write that mark without programs
# that a plain Debian lacks. So an overlay of nothing but these directories is made to do it, and what it wrote is kept.
for dir in $emptied; do
    mkdir -p "skeleton/$dir"
done
overlay skeleton hidden hidden-work hidden-merged
for dir in $emptied; do
    rmdir "hidden-merged/$dir"
    mkdir "hidden-merged/$dir"
done
chmod 700 hidden-merged/root
chmod 1777 hidden-merged/tmp hidden-merged/var/tmp
umount hidden-merged
cp -a --no-preserve=timestamps hidden/. upper/
tar --extract --file directories.tar --numeric-owner --same-permissions -C upper
chmod 755 upper

# Everything else at the top of the machine's tree, and every file in /etc that only some may read, is not there: a
# device 0/0 is what an overlay takes for "deleted". shadow and sudoers are written anew below.
for path in /* /.[!.]*; do
    name=${path#/}
    case "$kept" in
        *" $name "*) ;;
        *) if [ -e "$path" ] || [ -L "$path" ]; then mknod "upper/$name" c 0 0; fi ;;
    esac
done
# Somebody may be adding a user meanwhile: its lock files come and go.
find /etc -ignore_readdir_race -xdev -type f ! -perm -004 -print0 | while IFS= read -r -d '' path; do
    case $path in /etc/shadow | /etc/gshadow | /etc/ssh/* | /etc/sudoers.d/* | /etc/ssl/private/*) continue ;; esac
    if [ ! -e "upper$path" ]; then
        mkdir -p "upper${path%/*}"
        chmod --reference="${path%/*}" "upper${path%/*}"
        chown --reference="${path%/*}" "upper${path%/*}"
        mknod "upper$path" c 0 0
    fi
done

overlay / upper work merged
furnish
# No password of the machine's: nobody enters but by the lab's key.
for file in shadow gshadow; do
    sed -E 's/^([^:]*):[^:]*:/\1:*:/' "/etc/$file" >"merged/etc/$file.new"
    if [ -e "upper/etc/$file" ]; then
        sed -E 's/^([^:]*):[^:]*:/\1:*:/' "upper/etc/$file" >"merged/etc/$file.new"
    fi
    chown root:shadow "merged/etc/$file.new"
    chmod 640 "merged/etc/$file.new"
    mv "merged/etc/$file.new" "merged/etc/$file"
done
mkdir -p merged/etc/sudoers.d
# Nothing is written through a link: seen from here, it would lead to a file of the machine.
rm -f merged/etc/sudoers merged/etc/sudoers.d/ops merged/etc/pam.d/sshd merged/etc/machine-id
cat >merged/etc/sudoers <<'SUDOERS'
Defaults env_reset
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
SUDOERS
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >merged/etc/sudoers.d/ops
chmod 440 merged/etc/sudoers merged/etc/sudoers.d/ops
# The package's own stack wants a login manager and a message of the day. It also makes locked accounts usable by key,
# which is what `useradd` leaves.
cat >merged/etc/pam.d/sshd <<'PAM'
auth     required pam_deny.so
account  required pam_permit.so
password required pam_deny.so
session  required pam_permit.so
PAM
cp -a merged/etc/skel/. merged/root/
chmod 700 merged/root
chroot merged sh -c 'userdel ops >/dev/null 2>&1; exec useradd --create-home --user-group --shell /bin/bash ops'
: >merged/etc/machine-id
bare

echo 'writing the base layer'
tar --create --file "$tar" --xattrs --xattrs-include=trusted.overlay.opaque --xattrs-include='security.capability' \
    --numeric-owner -C upper .
