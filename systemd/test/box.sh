#!/bin/bash
# A real systemd for tests: boots the host's own systemd as PID 1 of new namespaces, over a throw-away overlay of the
# host's root. As root; needs neither Docker nor systemd-nspawn. See README.md beside this file.
#
#   box.sh start [DIR]               boots, and returns when the system is up
#   box.sh exec  [DIR] -- COMMAND... runs COMMAND inside, with its exit status
#   box.sh reboot [DIR]              powers off, and boots again on what was written
#   box.sh stop  [DIR]               powers off and cleans up
#
# DIR (default: systemd-box in ${TMPDIR:-/var/tmp}) holds what belongs to one box; two boxes need two of them.
# DIR/disk is /disk inside: on the host's disk, where all else is in memory, and counts as the memory of who wrote it.
# BIND    the folder that is shown read-only at /ci inside (default: the current one)
# CGMODE  `unified` (default), or `hybrid`, where MemoryMax=, TasksMax= and CPUQuota= are enforced as well
set -euo pipefail

usage() {
    sed -n '5,8s/^# *//p' "$0" >&2
    exit 64
}

main() {
    action=${1-}
    [ $# -eq 0 ] || shift
    dir=${TMPDIR:-/var/tmp}/systemd-box
    if [ $# -gt 0 ] && [ "$1" != -- ]; then
        dir=$(realpath --canonicalize-missing -- "$1")
        shift
    fi
    if [ "${1-}" = -- ]; then shift; fi
    export BIND=${BIND:-$PWD} CGMODE=${CGMODE:-unified}
    case $action in
    start) start ;;
    exec)
        [ $# -gt 0 ] || usage
        inside "$@"
        ;;
    reboot)
        power_off
        start
        ;;
    stop) stop ;;
    _boot) boot ;;
    *) usage ;;
    esac
}

start() {
    if running; then
        echo "a box is running in $dir: stop it first" >&2
        exit 1
    fi
    mkdir -p "$dir/overlay"
    mountpoint -q "$dir/overlay" || mount -t tmpfs -o mode=755 overlay "$dir/overlay"
    : >"$dir/console"
    own_cgroups >"$dir/cgroups"
    (
        while read -r cgroup; do
            mkdir -p "$cgroup"
            echo "$BASHPID" >"$cgroup/cgroup.procs"
        done <"$dir/cgroups"
        exec unshare --pid --fork --mount --cgroup --uts --ipc --net --kill-child=KILL \
            bash "$0" _boot "$dir" </dev/null >"$dir/console" 2>&1
    ) &
    local unshare=$! pid state
    disown
    for ((try = 0; try < 300; try++)); do
        pid=$(tr -d ' ' 2>/dev/null <"/proc/$unshare/task/$unshare/children") || pid=
        if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ]; then
            echo "$pid" >"$dir/pid"
            state=$(inside systemctl is-system-running 2>/dev/null) || :
            case $state in
            running | degraded)
                echo "booted: $state, pid $pid"
                return
                ;;
            esac
        fi
        kill -0 "$unshare" 2>/dev/null || break
        sleep 0.1
    done
    echo "boot failed:" >&2
    tail -30 "$dir/console" >&2
    kill -KILL "$unshare" 2>/dev/null || :
    sleep 0.3
    clean
    umount "$dir/overlay"
    exit 1
}

stop() {
    power_off
    ! mountpoint -q "$dir/overlay" || umount "$dir/overlay"
    rm -rf "$dir/disk"
}

power_off() {
    running || return 0
    local pid
    pid=$(cat "$dir/pid")
    # systemd(1): SIGRTMIN+4 powers off.
    kill -s RTMIN+4 "$pid" 2>/dev/null || :
    for ((try = 0; try < 100; try++)); do
        [ -d "/proc/$pid" ] || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || :
    sleep 0.2
    clean
}

# Whether the process of the pid file is a box, and not one that has taken its number since.
running() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) && [ -d "/proc/$pid" ] &&
        [ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/self/ns/pid)" ]
}

inside() {
    nsenter --target "$(cat "$dir/pid")" --mount --uts --ipc --net --pid --cgroup \
        env --ignore-environment --chdir=/ PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        SYSTEMD_COLORS=0 SYSTEMD_PAGER= "$@"
}

clean() {
    while read -r cgroup; do
        find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || :
    done <"$dir/cgroups"
    rm -f "$dir/pid"
}

# The box's own cgroup in each hierarchy that it uses, below the one we are in: what limits us limits the box.
own_cgroups() {
    local name controllers path mount
    name=systemd-box.$(echo -n "$dir" | md5sum | cut -c1-8)
    while IFS=: read -r _ controllers path; do
        if [ -z "$controllers" ]; then
            mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
        elif [ "$CGMODE" = hybrid ] && [ "$controllers" != cpuset ]; then
            mount=/sys/fs/cgroup/${controllers#name=}
        else
            continue
        fi
        echo "$mount${path%/}/$name"
    done </proc/self/cgroup
}

# Runs in the new namespaces, as the process that becomes systemd.
boot() {
    mount --make-rprivate /
    mkdir -p "$dir/overlay/"{upper,work,root}
    root=$dir/overlay/root
    mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/overlay/upper,workdir=$dir/overlay/work" "$root"
    mount_kernel
    mount_devices
    mount_folders
    [ -e "$root/etc/systemd/system/box.target" ] || configure
    hostname systemd-box
    mkdir "$root/host"
    cd "$root"
    pivot_root . host
    umount --lazy /host
    rmdir /host 2>/dev/null || :
    # As outside a container; LoadCredential= needs it.
    mount --make-rshared /
    # The capabilities that would reach beyond the namespaces.
    exec env --ignore-environment container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 SYSTEMD_COLORS=0 \
        setpriv --bounding-set \
        -sys_time,-sys_module,-sys_rawio,-audit_control,-audit_read,-syslog,-wake_alarm,-mac_admin,-mac_override \
        /lib/systemd/systemd --system --unit=box.target --log-target=journal-or-kmsg --show-status=false
}

mount_kernel() {
    local options=nosuid,nodev,noexec cgroups=$root/sys/fs/cgroup path controller
    mount -t proc -o "$options" proc "$root/proc"
    # Each boot is one of its own, as it would be on a machine.
    cat /proc/sys/kernel/random/uuid >"$dir/overlay/boot_id"
    mount --bind "$dir/overlay/boot_id" "$root/proc/sys/kernel/random/boot_id"
    mount -o remount,bind,ro "$root/proc/sys/kernel/random/boot_id"
    for path in sys sysrq-trigger; do
        [ -e "$root/proc/$path" ] || continue
        mount --rbind "$root/proc/$path" "$root/proc/$path"
        mount -o remount,bind,ro "$root/proc/$path"
    done
    mount -t sysfs -o "ro,$options" sysfs "$root/sys"
    if [ "$CGMODE" = unified ]; then
        mount -t cgroup2 -o "$options" cgroup2 "$cgroups"
        return
    fi
    mount -t tmpfs -o "mode=755,$options" tmpfs "$cgroups"
    mkdir "$cgroups"/{unified,systemd}
    mount -t cgroup2 -o "$options" cgroup2 "$cgroups/unified"
    mount -t cgroup -o "$options,none,name=systemd" cgroup "$cgroups/systemd"
    for controller in memory pids cpu cpuacct devices blkio; do
        mkdir "$cgroups/$controller"
        mount -t cgroup -o "$options,$controller" cgroup "$cgroups/$controller"
    done
}

mount_devices() {
    local device name major minor dev=$root/dev
    mount -t tmpfs -o mode=755,nosuid tmpfs "$dev"
    for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<<"$device"
        mknod -m 666 "$dev/$name" c "$major" "$minor"
    done
    mkdir "$dev"/{pts,shm}
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$dev/shm"
    ln -s pts/ptmx "$dev/ptmx"
    ln -s /proc/self/fd "$dev/fd"
    ln -s fd/0 "$dev/stdin"
    ln -s fd/1 "$dev/stdout"
    ln -s fd/2 "$dev/stderr"
}

mount_folders() {
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
    mkdir -p "$dir/disk" "$root/disk" "$root/ci" "$root/run/lock"
    mount --bind "$dir/disk" "$root/disk"
    mount --bind "$BIND" "$root/ci"
    mount -o remount,bind,ro "$root/ci"
}

# Only in the overlay: the host's services stay out, and the box is a machine of its own.
configure() {
    local units=$root/etc/systemd/system unit
    mkdir -p "$units" "$root/etc/systemd/journald.conf.d"
    rm -rf "$units"/*.wants "$root/var/log/journal"
    for unit in systemd-{journald-audit.socket,udevd.service,udev-trigger.service,networkd.service} \
        systemd-{resolved,timesyncd,logind,firstboot,remount-fs}.service getty.target console-getty.service; do
        ln -sf /dev/null "$units/$unit"
    done
    cat >"$units/box.target" <<-'END'
		[Unit]
		Description=What the box starts
		Requires=basic.target dbus.socket systemd-journald.service
		Wants=multi-user.target
		After=basic.target dbus.socket
		AllowIsolate=yes
	END
    cat >"$root/etc/systemd/journald.conf.d/box.conf" <<-'END'
		[Journal]
		Storage=volatile
		Audit=no
		ForwardToConsole=no
		RateLimitBurst=0
	END
    # Where the host's packages start no services, those of the box do.
    rm -f "$root/usr/sbin/policy-rc.d"
    : >"$root/etc/fstab"
    echo systemd-box >"$root/etc/hostname"
    rm -f "$root/etc/machine-id"
    systemd-id128 new >"$root/etc/machine-id"
}

main "$@"
