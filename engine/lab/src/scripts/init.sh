# Init of a lab host: starts sshd, says so, and reaps orphans. Bash, PID 1, as root. That sshd ends does not end the host.
#
#   $1  the host's name
#   $2  its own pid, as the machine counts
#
# `-f /dev/null`: nothing is configured but what stands here. UsePAM makes locked accounts, which is what `useradd`
# leaves, usable by key.
name=$1 pid=$2
if [ "$name" != ops ]; then
    /usr/sbin/sshd -f /dev/null -D -E /var/log/sshd.log -p 22 -o PidFile=none \
        -o HostKey=/etc/ssh/ssh_host_ed25519_key -o AuthorizedKeysFile=/etc/ssh/authorized_keys \
        -o PermitRootLogin=yes -o PasswordAuthentication=no -o UsePAM=yes -o UseDNS=no -o StrictModes=no \
        -o MaxStartups=200 -o PrintMotd=no -o 'Subsystem=sftp internal-sftp' </dev/null >/dev/null 9>&- &
    sshd=$!
    until grep -q ':0016 .* 0A ' /proc/net/tcp; do
        if ! kill -0 "$sshd" 2>/dev/null; then
            echo "$name: sshd did not start" >&2
            cat /var/log/sshd.log >&2
            echo "$name failed" >&9
            exit 1
        fi
        sleep 0.01
    done
fi
echo "$name up $pid" >&9
exec 9>&- </dev/null >/dev/null 2>&1
while :; do
    sleep 86400 &
    wait "$!"
done
