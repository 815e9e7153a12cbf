# Banister's side on a host: POSIX sh, run by dash, bash and busybox ash. It comes over standard input, followed by one
# compound command that sets the variables of a request and calls one of the verbs at the end of this file. Lines that
# begin with `#` are not sent.
#
# A key is a few files whose names begin with it, and no directory: a shell makes a file by itself, and a directory by a
# program, which would cost as much as the command. They end in:
#   meta     the claim, made by whoever comes first:
#            digest, epoch and journal head, then the label; written before the command exists
#   fence    the one decision about the start, made by the kernel: a file if the command's process came first,
#            a dangling link if somebody who asked did. Whichever exists cannot become the other.
#   process  pid, start time, boot, then the same of its keeper; written by the command's process before the fence
#   status   written in place into room that was taken beforehand, so that a full disk loses no outcome; whole only
#            with its last word
#   out err  what it printed, until it is cleaned
#   cancel   somebody stops it; no longer empty when that is over
#   beat     uptime when an attached engine last saw it alive
#
# Names that request lines may set: place dir run base attempt epoch digest head expect account label grace nonce
# fed manifest accounts need room open
# expect_machine holder moment over_run.
#
# Beside the runs lies `locks`: files with rising numbers, the highest is who has the host: run, epoch, since when, holder. It
# is free when that run is over. A number is made by a link, so that it is whole from its first moment and of two who
# want the same only one gets it. A run whose host was taken over holds the taker's lock as `taken`.

nl='
'

say() {
    printf 'banister1 %s\n' "$*"
}

# Says the last thing and goes. An answer without its `end` was cut off and counts for nothing.
leave() {
    say "$@"
    say end
    exit 0
}

# Says how a command ended and what it printed, and goes. Output comes along as long as it is little: another
# conversation costs more than most commands. It ends with the nonce, which the command has never seen.
over() {
    say done "$@"
    for stream in out err; do
        say part $stream
        [ ! -s "$key.$stream" ] || head -c 65536 <"$key.$stream" 2>/dev/null
        printf '%s\n' "$nonce"
    done
    say end
    exit 0
}

nap() {
    sleep 0.1 2>/dev/null || sleep 1
}

# Sets me and born: pid and start time of this very shell, also in a subshell, where $$ is its parent's.
itself() {
    read -r stat </proc/self/stat
    me=${stat%% *}
    set -- ${stat##*) }
    group=$3
    born=${20}
}

clock() {
    read -r uptime _ </proc/uptime
}

# Sets state, parent, session and start of a process; false if there is none. A zombie is none: it ran.
look() {
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    name=${stat#*(}
    name=${name%)*}
    set -- ${stat##*) }
    state=$1 parent=$2 session=$4 start=${20}
    [ "$state" != Z ] && [ "$state" != X ]
}

# pid, start time, boot: only all three are a process.
alive() {
    [ "$3" = "$boot" ] && look "$1" && [ "$start" = "$2" ]
}

# How to become the account; leaves if that is not possible. Nothing to become is `tool=sh`.
elevate() {
    tool=sh
    [ -n "$account" ] && [ "$account" != "$(id -un)" ] || return 0
    if command -v sudo >/dev/null; then
        why=$(LC_ALL=C sudo -n -H -u "$account" -- sh -c : 2>&1 </dev/null) && tool=sudo && return 0
    elif command -v doas >/dev/null; then
        why=$(LC_ALL=C doas -n -u "$account" sh -c : 2>&1 </dev/null) && tool=doas && return 0
    else
        why='neither sudo nor doas is there'
    fi
    one_line
    return 1
}

# What a program had to say, in one line.
one_line() {
    while :; do
        case $why in *"$nl"*) why="${why%%"$nl"*}; ${why#*"$nl"}" ;; *) return ;; esac
    done
}

# Runs as the account, where there is one.
as_account() {
    case $tool in
    sudo) sudo -n -H -u "$account" -- "$@" ;;
    doas) doas -n -u "$account" "$@" ;;
    *) "$@" ;;
    esac
}

# The command's own process becomes the account's shell, which reads the command from standard input.
become() {
    case $tool in
    sudo) exec sudo -n -H -u "$account" -- sh ;;
    doas) exec doas -n -u "$account" sh ;;
    *) exec sh ;;
    esac
}

# What the keeper ignores so that it outlives its connection and its command must not be inherited.
defaults() {
    trap - HUP INT QUIT TERM PIPE USR1
}

# --- the tree of a command -------------------------------------------------------------------------------------------

# Sets found to "pid:start" of every living process of session $1, of the pids that follow, and of all below them.
scan() {
    sid=$1
    shift
    found=" $* " table=
    for proc in /proc/[0-9]*; do
        pid=${proc#/proc/}
        look "$pid" || continue
        case " $spared " in *" $pid "* | *" $parent "*) [ "$pid" = "$root" ] || continue ;; esac
        table="$table $pid:$parent:$session:$start"
    done
    seen=" "
    grown=1
    while [ -n "$grown" ]; do
        grown=
        for row in $table; do
            pid=${row%%:*} row=${row#*:}
            parent=${row%%:*} row=${row#*:}
            session=${row%%:*} start=${row#*:}
            case $seen in *" $pid:"*) continue ;; esac
            if [ "$session" != "$sid" ]; then
                case $seen in
                *" $parent:"*) ;;
                *) case $found in *" $pid "* | *" $pid:$start "*) ;; *) continue ;; esac ;;
                esac
            fi
            seen="$seen$pid:$start "
            grown=1
        done
    done
    found=$seen
}

# Sends a signal to everything found, through the account's tool where ours is not enough.
signal() {
    pids=
    for one in $found; do pids="$pids ${one%%:*}"; done
    [ -n "$pids" ] || return 0
    kill "-$1" $pids 2>/dev/null
    [ "$tool" = sh ] || as_account sh -c 'kill "$@" 2>/dev/null' sh "-$1" $pids </dev/null >/dev/null 2>&1
    return 0
}

# Stops a command: TERM, a grace time of $grace tenths of a second, KILL. Afterwards found is what still lives.
# root: its first process; spared: the keeper, which must write the status; known: what is known to belong to it.
stop() {
    scan "$1" $root $known
    known=$found
    [ "$group" != "$1" ] && kill -TERM "-$1" 2>/dev/null
    signal TERM
    n=0
    while scan "$1" $known && [ "$found" != " " ] && [ "$n" -lt "$grace" ]; do
        known=$found
        nap
        n=$((n + 1))
    done
    n=0
    while [ "$found" != " " ] && [ "$n" -lt 60 ]; do
        known=$found
        signal KILL
        nap
        scan "$1" $known
        n=$((n + 1))
    done
}

# --- the ledger ------------------------------------------------------------------------------------------------------

# Sets dir, unless the request names it: one ledger for each account. Every byte that a shell reads is a system call.
locate() {
    [ -z "$dir" ] || return 0
    while read -r word _ uid _; do
        [ "$word" = Uid: ] && break
    done </proc/self/status
    dir="$place/banister-ledger-$uid"
}

# Leaves unless the directory is ours and is the ledger that was met first.
meet_ledger() {
    locate
    [ -h "$dir" ] && leave refused "the ledger directory $dir is a symbolic link"
    [ -e "$dir" ] || leave changed "the ledger directory $dir is gone"
    [ -d "$dir" ] || leave refused "the ledger directory $dir is not a directory"
    [ -O "$dir" ] || leave refused "the ledger directory $dir belongs to somebody else"
    { read -r ledger <"$dir/id"; } 2>/dev/null || leave changed "the ledger in $dir has no id"
    [ -z "$expect" ] || [ "$ledger" = "$expect" ] || leave changed "the ledger in $dir is $ledger, not $expect"
    if [ -n "$expect_machine" ]; then
        know_machine
        [ "$machine" = "$expect_machine" ] || leave changed "it is machine $machine, not $expect_machine"
    fi
    read -r boot </proc/sys/kernel/random/boot_id
}

# The same, for a run that was here before.
open_ledger() {
    meet_ledger
    [ -d "$dir/$run" ] || leave changed "the ledger in $dir does not know run $run"
    key="$dir/$run/$base#$attempt"
}

# Sets machine.
know_machine() {
    machine=
    for file in /etc/machine-id /var/lib/dbus/machine-id; do
        [ -n "$machine" ] || { read -r machine <"$file"; } 2>/dev/null
    done
    machine=${machine:-none}
}

# Sets lock to the number of the lock, 0 if there is none, and has to the run that has it.
top_lock() {
    lock=0 has=
    for one in "$dir/locks"/*; do
        one=${one##*/}
        [ "$one" -gt "$lock" ] 2>/dev/null && lock=$one
    done
    { read -r has _ has_since has_holder <"$dir/locks/$lock"; } 2>/dev/null
}

# Leaves unless this run has the host.
hold_lock() {
    top_lock
    [ "$has" = "$run" ] && [ ! -e "$dir/$run/taken" ] && return
    { read -r has _ has_since has_holder <"$dir/$run/taken"; } 2>/dev/null
    [ -n "$has" ] && [ "$has" != "$run" ] &&
        leave refused "this host is another run's: run $has of $has_holder has had it since $has_since"
    leave refused "this run does not have this host for itself: resume it"
}

# Takes the host for this run, or says who has it and goes. A run that a person said may be taken over is told so.
take_lock() {
    [ -d "$dir/locks" ] || mkdir "$dir/locks" 2>/dev/null || [ -d "$dir/locks" ] ||
        leave refused "the ledger directory $dir cannot be written"
    has=
    { read -r has _ has_since has_holder <"$dir/$run/taken"; } 2>/dev/null
    [ -z "$has" ] || [ "$has" = "$over_run" ] || leave locked "$has" "$has_since" "$has_holder"
    mine="$dir/.lock.$run.$$"
    n=0
    while [ "$n" -lt 50 ]; do
        n=$((n + 1))
        top_lock
        # Who had it was followed by another between the two looks.
        [ "$lock" -eq 0 ] || [ -n "$has" ] || continue
        if [ "$has" = "$run" ]; then
            rm -f "$dir/$run/taken"
            return
        fi
        { echo "$run $epoch $moment $holder" >"$mine"; } 2>/dev/null ||
            leave refused "the ledger directory $dir cannot be written"
        if [ -n "$has" ] && [ -d "$dir/$has" ] && [ ! -e "$dir/$has/ended" ]; then
            if [ "$has" != "$over_run" ]; then
                rm -f "$mine"
                [ -s "$dir/$run/manifest" ] || rm -rf "${dir:?}/$run"
                leave locked "$has" "$has_since" "$has_holder"
            fi
            ln -f "$mine" "$dir/$has/taken" 2>/dev/null
        fi
        ln "$mine" "$dir/locks/$((lock + 1))" 2>/dev/null
        rm -f "$mine" "$dir/$run/taken"
        top_lock
        [ "$has" = "$run" ] || continue
        for one in "$dir/locks"/*; do
            [ "${one##*/}" -ge "$lock" ] 2>/dev/null || rm -f "$one"
        done
        return
    done
    leave refused "the lock of this host changes hands again and again"
}

# Leaves if a later engine has been here, else makes this engine's epoch known.
raise_epoch() {
    for seen in "$dir/$run"/epoch.*; do
        [ "${seen##*.}" -gt "$epoch" ] 2>/dev/null &&
            leave refused "epoch $epoch of run $run is over: an engine with epoch ${seen##*.} has taken it"
    done
    [ -e "$dir/$run/epoch.$epoch" ] || true 2>/dev/null >"$dir/$run/epoch.$epoch" ||
        leave refused "the ledger in $dir cannot be written"
}

# Settles whether a key ever starts. True: it never will.
revoke() {
    [ -e "$1.fence" ] || ln -s revoked "$1.fence" 2>/dev/null
    [ -h "$1.fence" ] && return 0
    [ -f "$1.fence" ] || leave refused "the ledger in $dir cannot be written"
    return 1
}

# Sets rc and ended; false as long as there is no whole status.
status() {
    { read -r rc ended last <"$1.status"; } 2>/dev/null && [ "$last" = end ] || return 1
    # Read byte by byte while it was written: it still begins as the room that was taken for it.
    case $rc in p*) return 1 ;; esac
}

# Of a key that started: sets phase to running, ended or lost.
examine() {
    n=0
    until status "$1"; do
        { read -r pid born was keeper keeper_born since <"$1.process"; } 2>/dev/null || break
        alive "$pid" "$born" "$was" && phase=running && return
        if [ "$n" -lt 300 ] && alive "$keeper" "$keeper_born" "$was"; then
            nap
            n=$((n + 1))
            continue
        fi
        # It may have been written between our two looks.
        status "$1" || { phase=lost && return; }
    done
    read -r pid born was keeper keeper_born since <"$1.process"
    phase=ended
}

# Sets found to what lives of a command whose first process is gone.
leftovers() {
    spared="$keeper"
    root=$pid
    sid=
    [ "$was" = "$boot" ] && sid=$keeper
    marked=$(grep -lF "BANISTER_KEY=$label;" /proc/[0-9]*/environ 2>/dev/null)
    known=
    for proc in $marked; do
        proc=${proc#/proc/}
        known="$known ${proc%%/*}"
    done
    scan "${sid:-none}" $known
}

say_alive() {
    for one in $found; do
        look "${one%%:*}" && say "alive ${one%%:*} ($name)"
    done
}

# Says what became of a key, and goes; returns if it runs.
tell() {
    [ -h "$key.fence" ] && leave revoked
    [ -e "$key.fence" ] || leave claimed
    { read -r had _ <"$key.meta"; } 2>/dev/null
    [ "$had" = "$digest" ] || leave differs
    [ -n "$told" ] || say key "$key"
    told=1
    examine "$key"
    if [ "$phase" != running ] && [ -e "$key.cancel" ]; then
        # Who stops it is at it still, or was lost; either way what lives is said as it is in the end.
        n=0
        until [ -s "$key.cancel" ] || [ "$n" -ge $((grace + 120)) ]; do
            nap
            n=$((n + 1))
        done
        leftovers
        say_alive
        leave cancelled
    fi
    clock
    case $phase in
    ended) over "$rc" "$since" "$ended" "$uptime" ;;
    lost)
        seen=
        { read -r seen <"$key.beat"; } 2>/dev/null
        [ "$was" = "$boot" ] || leave lost rebooted
        leave lost "$since" "$uptime" "$seen"
        ;;
    esac
}

# --- verbs -----------------------------------------------------------------------------------------------------------

# Claims the key, runs the command and keeps it until its status is written.
verb_start() {
    open_ledger
    hold_lock
    elevate || leave account "$why"
    raise_epoch
    previous=$attempt
    while [ "$previous" -gt 1 ]; do
        previous=$((previous - 1))
        earlier="$dir/$run/$base#$previous"
        met=
        if [ -e "$earlier.meta" ] || [ -h "$earlier.fence" ]; then met=1; fi
        if ! revoke "$earlier"; then
            examine "$earlier"
            [ "$phase" = running ] && leave refused "attempt $previous is still running, as process $pid"
        fi
        [ -n "$met" ] && break
    done
    set -C
    if ! true 2>/dev/null >"$key.meta"; then
        [ -e "$key.meta" ] || leave refused "the ledger in $dir cannot be written"
        # Whoever made it is about to decide: a question within the next step, a start within a few.
        n=0
        until [ -e "$key.fence" ] || [ -h "$key.fence" ] || [ "$n" -ge 20 ]; do
            nap
            n=$((n + 1))
        done
        tell
        leave running
    fi
    set +C
    trap '' HUP INT QUIT TERM PIPE
    { printf '%s %s %s %s\n' "$digest" "$epoch" "$head" "$label" >"$key.meta" &&
        printf '%-63s\n' pending >"$key.status" && : ; } 2>/dev/null ||
        leave refused "the ledger in $dir cannot be written: is the disk full?"
    say key "$key"
    itself
    keeper=$me keeper_born=$born
    clock
    since=$uptime
    if [ -n "$fed" ]; then
        { defaults; feed; } 2>/dev/null | child >"$key.out" 2>"$key.err" &
    else
        child </dev/null >"$key.out" 2>"$key.err" &
    fi
    wait $!
    rc=$?
    clock
    if [ -f "$key.fence" ] && [ ! -h "$key.fence" ]; then
        { printf '%-63s\n' "$rc $uptime end" 1<>"$key.status"; } 2>/dev/null
        [ -e "$key.cancel" ] && status "$key" && tell
        # Also if the status could not be written: this is the one other way to tell.
        over "$rc" "$since" "$uptime" "$uptime"
    fi
    [ -h "$key.fence" ] && leave revoked
    revoke "$key"
    leave refused "the ledger in $dir cannot be written: is the disk full?"
}

# The command's process: says who it is, passes the fence, becomes the command.
child() {
    defaults
    itself
    echo "$me $born $boot $keeper $keeper_born $since" >"$key.process" || exit 125
    set -C
    true 2>/dev/null >"$key.fence" || exit 125
    set +C
    launch
}

# What became of a key? A key that has not started never will.
verb_ask() {
    open_ledger
    raise_epoch
    revoke "$key" && leave revoked
    tell
    leave running
}

# Stays until the command ends; says every few seconds that it lives. It looks often at first and every second later:
# each look costs the host a process.
verb_attach() {
    open_ledger
    raise_epoch
    [ -e "$key.meta" ] || [ -h "$key.fence" ] || leave changed "the ledger in $dir does not know this command"
    looks=0
    while tell; do
        [ $((looks % 5)) -eq 0 ] && feel
        looks=$((looks + 1))
        if [ "$looks" -le 20 ]; then nap; else sleep 1; fi
    done
}

feel() {
    clock
    # In place: who looks in between, or finds that this shell was killed in between, must not find it empty.
    { echo "$uptime" 1<>"$key.beat"; } 2>/dev/null
    say beat
}

# Notes that the command lives, for whoever later finds it gone without a status.
verb_beat() {
    open_ledger
    [ -e "$key.fence" ] || leave claimed
    tell
    feel
    leave running
}

# Stops a command and all that can be found of it.
verb_cancel() {
    open_ledger
    hold_lock
    raise_epoch
    revoke "$key" && leave revoked
    tell
    elevate || leave account "$why"
    { true >"$key.cancel"; } 2>/dev/null || leave refused "the ledger in $dir cannot be written"
    itself
    leftovers
    known=$found
    stop "$sid"
    { echo over >"$key.cancel"; } 2>/dev/null
    say_alive
    leave cancelled
}

# Removes what commands printed.
verb_clean() {
    open_ledger
    cd "$dir/$run" && rm -f -- "$@" 2>/dev/null
    leave cleaned
}

# Marks the run as over: 30 days later the next contact removes it.
verb_finish() {
    open_ledger
    raise_epoch
    { true >"$dir/$run/ended"; } 2>/dev/null || leave refused "the ledger in $dir cannot be written"
    leave finished
}

# Of a run's directory, sets keys and running: how many commands it holds, and how many of them live.
count() {
    keys=0 running=0
    for meta in "$1"/*.meta; do
        [ -e "$meta" ] || continue
        keys=$((keys + 1))
        one=${meta%.meta}
        [ -f "$one.fence" ] && [ ! -h "$one.fence" ] && ! status "$one" || continue
        { read -r pid born was _ <"$one.process"; } 2>/dev/null && alive "$pid" "$born" "$was" &&
            running=$((running + 1))
    done
}

# Says what runs have left here, one line each.
verb_list() {
    locate
    [ -e "$dir" ] || [ -h "$dir" ] || leave listed
    meet_ledger
    for at in "$dir"/*/manifest; do
        [ -f "$at" ] || continue
        read -r manifest <"$at"
        at=${at%/manifest}
        over=open
        [ ! -e "$at/ended" ] || over=ended
        count "$at"
        kib=$(du -sk "$at" 2>/dev/null)
        since=$(stat -c %Y "$at" 2>/dev/null)
        say entry "${at##*/}" $over $keys $running "${kib%%[!0-9]*}" "${since:-0}" "$manifest"
    done
    leave listed
}

# Removes what runs have left here. One that is not over only if $open says so, and never one of which something lives.
verb_prune() {
    meet_ledger
    for gone; do
        at="$dir/$gone"
        if [ ! -d "$at" ]; then
            say kept "$gone" it is not there
        elif [ ! -e "$at/ended" ] && [ -z "$open" ]; then
            say kept "$gone" it has not ended
        else
            count "$at"
            if [ "$running" -gt 0 ]; then
                say kept "$gone" "$running of its commands still run"
            elif rm -rf "$at" 2>/dev/null; then
                say pruned "$gone"
            else
                say kept "$gone" it cannot be removed
            fi
        fi
    done
    leave listed
}

# Says the latest journal head that any of the run's commands was sent with.
verb_witness() {
    open_ledger
    latest=0 hash=-
    for meta in "$dir/$run"/*.meta; do
        { read -r _ _ one hashed _ <"$meta"; } 2>/dev/null || continue
        [ "$one" -gt "$latest" ] 2>/dev/null && latest=$one hash=$hashed
    done
    leave witness "$latest" "$hash"
}

# Can this host be used? Every refusal is one sentence. Makes the ledger at first contact.
verb_preflight() {
    [ -r /proc/self/stat ] && [ -r /proc/sys/kernel/random/boot_id ] && [ -r /proc/uptime ] ||
        leave refused "it has no Linux /proc, which tells processes apart"
    for tool in mkdir ln ls rm grep sleep cat head id df find dd wc; do
        command -v "$tool" >/dev/null || leave refused "the program $tool is missing"
    done
    # Whoever logs in here would meet other words than a script's; $SHELL is sshd's to say.
    case ${SSH_CONNECTION:+${SHELL##*/}} in
    fish | csh | tcsh) leave refused "the login shell of $(id -un) is ${SHELL##*/}, which reads another language; use an account with sh, bash, dash, ksh or zsh" ;;
    esac
    itself
    [ "$group" = "$$" ] || leave refused "its shell is not the leader of a session of its own"
    for account in $accounts; do
        elevate || leave account "$account $why"
    done
    read -r boot </proc/sys/kernel/random/boot_id
    know_machine
    [ -n "$need" ] && make_ledger
    say boot "$boot"
    say machine "$machine"
    [ -z "$need" ] || say key "$dir"
    leave ready "$ledger"
}

# False where the login manager ends a user's processes at logout: a step would end with its connection (logind.conf(5)).
outlives() {
    [ -d /run/systemd/seats ] || return 0
    kill_all= only= except=root
    for file in /usr/lib/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf \
        /etc/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf; do
        [ -r "$file" ] || continue
        while read -r line || [ -n "$line" ]; do
            case $line in
            KillUserProcesses=*) kill_all=${line#*=} ;;
            KillOnlyUsers=*) only=${line#*=} ;;
            KillExcludeUsers=*) except=${line#*=} ;;
            esac
        done <"$file"
    done
    who=$(id -un)
    case $kill_all in 1 | [Yy]* | [Tt]* | [Oo][Nn]) ;; *) return 0 ;; esac
    case " $except " in *" $who "*) return 0 ;; esac
    case " ${only:-$who} " in *" $who "*) ;; *) return 0 ;; esac
    [ -e "/var/lib/systemd/linger/$who" ]
}

make_ledger() {
    outlives || leave refused "its systemd-logind ends the processes of $who at logout (KillUserProcesses=$kill_all), a step \
with its connection too: \`loginctl enable-linger $who\`, or KillUserProcesses=no in /etc/systemd/logind.conf"
    locate
    parent=${dir%/*}
    [ -d "$parent/" ] || leave refused "the ledger's place $parent is not a directory"
    mode=$(ls -ldn "$parent/")
    mode=${mode%% *}
    case $mode in
    ?????w* | ????????w*) case $mode in ?????????[tT]*) ;; *) leave refused "others may rename what lies in $parent" ;; esac ;;
    esac
    [ -h "$dir" ] && leave refused "the ledger directory $dir is a symbolic link"
    if [ ! -e "$dir" ]; then
        if ! why=$(LC_ALL=C mkdir -m 700 "$dir" 2>&1) && [ ! -d "$dir" ]; then
            one_line
            leave refused "the ledger directory cannot be made: $why"
        fi
    fi
    [ -d "$dir" ] && [ ! -h "$dir" ] || leave refused "the ledger directory $dir is not a directory"
    [ -O "$dir" ] || leave refused "the ledger directory $dir belongs to somebody else"
    mode=$(ls -ldn "$dir")
    case ${mode%% *} in ?????w* | ????????w*) leave refused "the ledger directory $dir can be written by others" ;; esac
    free=$(df -Pk "$dir" 2>/dev/null)
    free=${free##*"$nl"}
    set -- $free
    [ "${4:-0}" -ge "$room" ] 2>/dev/null ||
        leave refused "the ledger directory $dir has ${4:-no} KiB of room, less than $room"
    # A link is made whole or not at all: of two first contacts one gives the ledger its id, and both read that one.
    if [ ! -s "$dir/id" ]; then
        read -r fresh </proc/sys/kernel/random/uuid
        { echo "$fresh" >"$dir/.$fresh"; } 2>/dev/null || leave refused "the ledger directory $dir cannot be written"
        ln "$dir/.$fresh" "$dir/id" 2>/dev/null
        rm -f "$dir/.$fresh"
    fi
    { read -r ledger <"$dir/id"; } 2>/dev/null || leave refused "the ledger directory $dir cannot be written"
    [ -z "$expect" ] || [ "$ledger" = "$expect" ] || leave changed "the ledger in $dir is $ledger, not $expect"
    for gone in $(find "$dir" -name ended -mtime +30 2>/dev/null); do
        rm -rf "${gone%/ended}"
    done
    if [ ! -d "$dir/$run" ]; then
        mkdir "$dir/$run" 2>/dev/null || [ -d "$dir/$run" ] || leave refused "the ledger directory $dir cannot be written"
    fi
    take_lock
    [ -s "$dir/$run/manifest" ] || { printf '%s\n' "$manifest" >"$dir/$run/manifest"; } 2>/dev/null ||
        leave refused "the ledger directory $dir cannot be written"
}

# A reading command: no ledger. It dies with its connection, whole. Both streams end with the nonce, so that nothing
# the command prints and no status of its own can be taken for the end.
verb_observe() {
    # What the shell itself has to say (bash reports killed jobs) must not reach the command's streams.
    exec 3<&0 4>&2 2>/dev/null
    spared=$$ known=
    # A group of its own number has none but its leader. To look into /proc is a system call for each of its bytes.
    kill -0 "-$$" || finale "refused its shell is not the leader of a session of its own"
    elevate || finale "account $why"
    stopped=
    trap 'stopped=1' USR1
    trap '' TERM PIPE
    if [ -n "$fed" ]; then
        { defaults; feed; } 3<&- 4>&- | { defaults; launch; } 3<&- 2>&4 4>&- &
    else
        { defaults; launch; } </dev/null 3<&- 2>&4 4>&- &
    fi
    command=$!
    # Nothing more is written there: the read ends with the connection. `cat` would do, and be a program.
    { trap '' TERM; trap - USR1; read -r _ <&3; kill -USR1 $$; kill -TERM -$$; as_watch; } >/dev/null 4>&- &
    watch=$!
    exec 3<&-
    while :; do
        wait "$command"
        rc=$?
        kill -0 "$command" 2>/dev/null || break
    done
    spared="$$ $watch"
    root=$command
    if [ -n "$stopped" ]; then
        known=
        scan $$ "$command"
        n=0
        while [ "$found" != " " ] && [ "$n" -lt 60 ]; do
            known=$found
            signal KILL
            nap
            scan $$ $known
            n=$((n + 1))
        done
        line="exit $rc"
        for one in $found; do
            look "${one%%:*}" && line="$line${nl}${one%%:*} ($name)"
        done
        finale "$line"
    fi
    finale "exit $rc"
}

# TERM again through the account's tool, a grace time, KILL.
as_watch() {
    itself
    spared="$$ $me"
    root=$command
    known=
    scan $$ "$command"
    known=$found
    signal TERM
    n=0
    while scan $$ $known && [ "$found" != " " ] && [ "$n" -lt "$grace" ]; do
        known=$found
        nap
        n=$((n + 1))
    done
    signal KILL
    # The keeper reports and ends the group, this shell with it. This is for a keeper that is gone.
    n=0
    while [ "$n" -lt 150 ] && look $$; do
        nap
        n=$((n + 1))
    done
    kill -KILL -$$
}

# Ends both streams, then everything that is left of the group, this shell included.
finale() {
    printf '%s' "$nonce"
    printf '%s%s%s' "$nonce" "$1" "$nonce" >&4
    kill -KILL "-$$" 2>/dev/null
    exit 0
}
