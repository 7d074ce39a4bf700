#!/bin/bash
# The cases of test.sh, inside the box. Each sets up what it needs, waits for conditions, and says in a line what it saw.
# usage: cases.sh setup | list | CASE
set -euo pipefail

cases=(activation guest units first_use failure_report spooled_report import_journal
    flapping dependency doctor worker sandbox credential watchdog
    broken_configuration broken_database damaged_page journal undo_before memory crowd upgrade removal)

say() { printf '%-22s %s\n' "$case" "$*"; }
fail() {
    echo "$case: $*" >&2
    exit 1
}
# eventually SECONDS WHAT COMMAND...: until the command succeeds, or it is a failure of the case.
eventually() {
    local seconds=$1 what=$2 began=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $((SECONDS - began)) -lt "$seconds" ] || fail "not within $seconds s: $what"
        sleep 0.05
    done
}
is() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
has() { grep -qF -- "$3" <<<"$2" || fail "$1: expected '$3' in: $2"; }
property() { systemctl show --value --property "$2" "$1"; }
pid() { property mend.service MainPID; }
setting() { # UNIT NAME, the lines on standard input: for this boot
    mkdir -p "/run/systemd/system/$1.d"
    cat >"/run/systemd/system/$1.d/$2.conf"
    systemctl daemon-reload
}
unsetting() {
    rm "/run/systemd/system/$1.d/$2.conf"
    systemctl daemon-reload
}
unit() { # NAME, the lines on standard input
    cat >"/run/systemd/system/$1"
    systemctl daemon-reload
}

setup() {
    dpkg --install /ci/mend_*.deb >/var/log/install 2>&1 || { cat /var/log/install >&2; fail "dpkg --install"; }
    systemctl is-active --quiet mend.socket || fail "mend.socket is not active after the installation"
    is "whether it is enabled" "$(systemctl is-enabled mend.socket mend.service | tr '\n' ' ')" "enabled enabled "
    adduser --quiet --disabled-password --gecos '' alice
    adduser --quiet --disabled-password --gecos '' mallory
    adduser --quiet mallory mend
    say "$(dpkg-query -W -f '${Package} ${Version}' mend), socket active, both enabled"
}

activation() {
    is "before the first connection" "$(property mend.service ActiveState)" inactive
    mend --quiet ping
    is "after it" "$(property mend.service ActiveState)" active
    is "its user" "$(stat -c %U "/proc/$(pid)")" mend
    local status
    status=$(systemctl status mend.service)
    has "systemctl status" "$status" 'Status: "serving; state in /var/lib/mend"'
    is "the socket" "$(stat -c '%a %U %G' /run/mend/mend.sock)" "660 root mend"
    is "the state" "$(stat -c '%a %U %G' /var/lib/mend)" "700 mend mend"
    # Not a member of the group.
    if runuser -u alice -- mend --quiet ping 2>/dev/null; then fail "alice, who is not in the group, was answered"; fi
    say "the first connection starts it, as $(stat -c %U "/proc/$(pid)"); status: $(property mend.service StatusText)"
}

guest() {
    mend --quiet ping
    systemctl enable --quiet mend-guest.socket
    systemctl restart mend.service
    local role
    role=$(MEND_SOCKET=/run/mend-guest/mend.sock mend --json system hello | jq -r .role)
    is "root's role by the socket for containers" "$role" client
    is "root's role by the other" "$(mend --json system hello | jq -r .role)" operator
    systemctl disable --quiet --now mend-guest.socket
    is "the socket after its stop" "$(find /run/mend-guest -name mend.sock | wc -l)" 0
    say "root is a $role by mend-guest.socket"
}

units() {
    local said score names=(mend.service mend.socket mend-guest.socket mend-report@x.service mend-report-spool.service
        mend-journal.service mend-undo@alice.service mend-worker@x.service)
    said=$(systemd-analyze verify --recursive-errors=no "${names[@]}" 2>&1) || fail "systemd-analyze verify: $said"
    is "what systemd-analyze verify says" "$said" ""
    score=$(systemd-analyze security --no-pager mend.service | sed -n 's/.*exposure level for mend.service: \([0-9.]*\).*/\1/p')
    [ "$(tr -d . <<<"$score")" -le 15 ] || fail "systemd-analyze security: $score"
    local other
    other=$(systemd-analyze security --no-pager mend-journal.service | sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p')
    [ "$(tr -d . <<<"$other")" -le 25 ] || fail "systemd-analyze security mend-journal.service: $other"
    say "systemd-analyze verify is silent about ${#names[@]} units; security exposure $score, mend-journal.service $other"
}

# The README's commands for a host, as they are written.
first_use() {
    awk -v fence='```' '
        /^## / { here = ($0 == "## On a host") }
        $0 == fence { open = 0 }
        here && open { print }
        $0 == fence "sh host" { open = 1 }
    ' /ci/README.md >/run/commands
    [ "$(wc -l </run/commands)" -gt 10 ] || fail "the commands were not found in README.md"
    (
        cd /root
        # What the README installs from is where `make deb` leaves it.
        mkdir -p .build/deb
        cp /ci/mend_*.deb .build/deb
        bash -euo pipefail /run/commands >/run/said 2>&1
    ) || fail "the README's commands: $(tail -5 /run/said)"
    say "$(wc -l </run/commands) lines of the README's \"On a host\" ran"
}

failing_unit() { # NAME
    unit "$1" <<-END
		[Unit]
		Description=Fails
		OnFailure=mend-report@%n.service
		[Service]
		ExecStart=/bin/sh -c 'echo opening the ledger; echo "no such ledger: 2026" >&2; exit 3'
	END
}

failure_report() {
    failing_unit close-day.service
    systemctl start close-day.service
    eventually 20 "the report" bash -c 'mend --json error list --service close-day.service | grep -q close-day'
    local report
    report=$(mend --json error get "$(mend --json error list --service close-day.service | jq -r .error | sed -n 1p)")
    has "unit and result" "$report" '"the unit failed with result exit-code: no such ledger: 2026"'
    has "a log line" "$report" "no such ledger: 2026"
    has "a log line" "$report" "opening the ledger"
    is "exit status" "$(jq .details.exit_status <<<"$report")" 3
    unit killed.service <<-'END'
		[Unit]
		OnFailure=mend-report@%n.service
		[Service]
		ExecStart=/bin/sh -c 'echo about to die; kill -SEGV $$$$'
	END
    systemctl start killed.service
    eventually 20 "the report of a signal" bash -c \
        'mend --json error list --service killed.service | grep -q "result signal: about to die\|result core-dump: about to die"'
    is "failed units of Mend itself" "$(systemctl list-units --failed --plain --no-legend 'mend*')" ""
    say "$(mend --json error list --service close-day.service | jq -r .message), with its last log lines"
}

spooled_report() {
    systemctl stop mend.socket mend.service
    failing_unit while-away.service
    systemctl start while-away.service
    eventually 20 "the kept report" bash -c 'compgen -G "/var/lib/mend-report/mend/spool/*.json"'
    # With the report of all services, and a service of Mend's that fails: it must not report itself.
    install_reports
    setting mend-report@.service broken <<-'END'
		[Service]
		ExecStart=
		ExecStart=/bin/false
	END
    unit other.service <<-'END'
		[Service]
		ExecStart=/bin/false
	END
    systemctl start other.service
    eventually 20 "the failure of the report" systemctl is-failed --quiet mend-report@other.service.service
    is "reports of the failed report" \
        "$(systemctl list-units --all --plain --no-legend 'mend-report@mend-report*' 'mend-report@mend.service*' | wc -l)" 0
    unsetting mend-report@.service broken
    systemctl reset-failed
    systemctl start mend.socket mend.service
    eventually 20 "the delivery" bash -c 'mend --json error list --service while-away.service | grep -q while-away'
    eventually 20 "an empty spool" bash -c '! compgen -G "/var/lib/mend-report/mend/spool/*.json"'
    systemctl start other.service
    eventually 20 "the report of a service that says nothing of it" \
        bash -c 'mend --json error list --service other.service | grep -q other'
    remove_reports
    is "how often it was delivered" "$(mend --json error list --service while-away.service | wc -l)" 1
    say "kept while the daemon was away, delivered once when it was back; what reports does not report itself"
}
install_reports() {
    mkdir -p /etc/systemd/system/service.d
    cp /usr/share/mend/failure-reports/10-mend-report.conf /etc/systemd/system/service.d/
    systemctl daemon-reload
}
remove_reports() {
    rm -r /etc/systemd/system/service.d
    systemctl daemon-reload
}

import_journal() {
    # No OnFailure= here: what failed is found in the journal afterwards, once.
    unit silent.service <<-'END'
		[Service]
		ExecStart=/bin/sh -c 'echo "the disk is on fire" >&2; exit 9'
	END
    systemctl start silent.service
    eventually 20 "the failure" systemctl is-failed --quiet silent.service
    journalctl --sync
    local found
    eventually 20 "the failure in the journal" \
        bash -c 'mend error import --journal && mend --json error list --service silent.service | grep -q fire'
    mend error import --journal
    found=$(mend --json error list --service silent.service | wc -l)
    is "reports of one failure" "$found" 1
    # Anybody may write what looks like it.
    printf '%s\n' MESSAGE=forged MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c UNIT=forged.service UNIT_RESULT=exit-code |
        runuser -u mallory -- logger --journald
    eventually 20 "what looks like a failure" bash -c 'journalctl --quiet UNIT=forged.service | grep -q forged'
    mend error import --journal
    is "reports of what looks like a failure" "$(mend --json error list --service forged.service | wc -l)" 0
    # And here it tells of the same.
    failing_unit both.service
    systemctl start both.service
    eventually 20 "the report" bash -c 'mend --json error list --service both.service | grep -q both'
    journalctl --sync
    found=$(mend error import --journal)
    has "what OnFailure= told" "$found" "both.service failed with result exit-code: told already, as error "
    is "reports of one failure that is told twice" "$(mend --json error list --service both.service | wc -l)" 1
    say "the failure of a unit was found in the journal, and reported once, also where OnFailure= reports it"
}

told() { mend --json error list --service "$1" --all | wc -l; } # SERVICE: how many errors there are of it
is_told() { [ "$(told "$1")" -ge "$2" ]; }                              # SERVICE NUMBER
flapping() {
    # Started again and again, and never given up: OnFailure= is not run.
    unit flapping.service <<-'END'
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		ExecStart=/bin/sh -c 'echo "the line is noisy"; exit 5'
		Restart=always
		RestartSec=1
	END
    install_reports
    systemctl start mend-journal.service
    systemctl start flapping.service
    eventually 40 "four reports of a unit that is started again" is_told flapping.service 4
    systemctl stop flapping.service
    is "reports of it by OnFailure=" "$(systemctl list-units --all --plain --no-legend 'mend-report@flapping*' | wc -l)" 0
    # One that is given up is told both ways.
    unit given-up@.service <<-'END'
		[Service]
		ExecStart=/bin/sh -c 'echo gone; exit 6'
	END
    systemctl start given-up@7.service
    eventually 20 "the report of one that is given up" is_told given-up@7.service 1
    systemctl stop mend-journal.service
    is "how it ended" "$(property mend-journal.service Result)" success
    remove_reports
    # And a third time.
    journalctl --sync
    mend --quiet error import --journal
    local failed
    failed=$(journalctl --quiet --output cat MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c UNIT=flapping.service _PID=1 | wc -l)
    is "reports of its $failed failures" "$(told flapping.service)" "$failed"
    is "reports of one that is told thrice" "$(told given-up@7.service)" 1
    has "groups" "$(mend --json group list --service given-up@7.service)" '"the unit failed with result exit-code: gone"'
    say "$failed failures of a unit that systemd never gave up were told by mend-journal.service, each once"
}

dependency() {
    # systemd 252 tells OnFailure= of a unit that did not run because another failed, and calls that success.
    failing_unit needed.service
    sed -i 's/^ExecStart=/Type=oneshot\n&/' /run/systemd/system/needed.service
    unit dependent.service <<-'END'
		[Unit]
		Requires=needed.service
		After=needed.service
		OnFailure=mend-report@%n.service
		[Service]
		ExecStart=/bin/true
	END
    if systemctl start dependent.service 2>/dev/null; then fail "dependent.service was started"; fi
    eventually 20 "the report" bash -c 'mend --json error list --service dependent.service | grep -q dependent'
    journalctl --sync
    has "what the import says of it" "$(mend error import --journal)" \
        "dependent.service was not started, since a unit that it depends on failed: told already, as error "
    is "its message" "$(mend --json error list --service dependent.service | jq -r .message)" \
        "the unit was not started, since a unit that it depends on failed"
    unit stubborn.service <<-'END'
		[Service]
		ExecStart=/bin/sleep infinity
		ExecReload=/bin/sh -c 'echo "no such setting"; exit 4'
	END
    systemctl start stubborn.service
    if systemctl reload stubborn.service 2>/dev/null; then fail "stubborn.service was reloaded"; fi
    journalctl --sync
    mend --quiet error import --journal
    has "a reload that failed" "$(mend --json error list --service stubborn.service | jq -r .message)" \
        "the reload of the unit failed with result failed"
    systemctl stop stubborn.service
    # Without HOME.
    systemctl stop mend.socket mend.service
    systemd-run --quiet --wait --pipe --service-type=exec mend error report --quiet homeless --service homeless --if-unavailable spool ||
        fail "a report of a service without HOME was not kept"
    systemctl start mend.socket mend.service
    mend spool deliver 2>/dev/null
    is "what was kept without HOME" "$(mend --json error list --service homeless | wc -l)" 1
    say "a unit that did not run, since another failed, is told as that, both ways and once; so is a failed reload"
}

doctor() {
    mend ping >/dev/null
    mend doctor || fail "mend doctor finds something wrong: $(mend doctor 2>&1)"
    systemctl stop mend.socket mend.service
    if mend doctor >/tmp/doctor; then fail "mend doctor finds nothing wrong where there is no socket"; fi
    grep -q "mend.socket" /tmp/doctor || fail "mend doctor does not name the socket: $(cat /tmp/doctor)"
    systemctl start mend.socket mend.service
    rm /run/mend/mend.sock
    if mend doctor >/tmp/doctor; then fail "mend doctor finds nothing wrong where the socket's file was removed"; fi
    grep -q "systemctl restart mend.socket" /tmp/doctor || fail "mend doctor tells what does not help: $(cat /tmp/doctor)"
    systemctl restart mend.socket
    for _ in {1..8}; do systemctl stop mend.socket && systemctl start mend.socket; done
    mend ping >/dev/null || fail "the socket has failed after some stops and starts: $(property mend.socket Result)"
    systemctl start mend.service
    say "all well on a host as it is installed; a stopped socket and a removed one are named, each with what helps"
}

worker() {
    mkdir -p /etc/mend/workers /srv/drained
    chmod 1777 /srv/drained
    cat >/etc/mend/workers/drain.yaml <<-'END'
		queue: drain
		command: until [ -e "/srv/drained/go-$MEND_PAYLOAD_N" ]; do sleep 0.05; done; touch "/srv/drained/$MEND_PAYLOAD_N"
		grace: 100ms
	END
    setting mend-worker@drain.service paths <<-'END'
		[Service]
		ReadWritePaths=/srv/drained
	END
    local n first attempts
    for n in 1 2 3 4 5; do mend --quiet queue put drain "{\"n\":$n}"; done
    touch /srv/drained/go-1
    systemctl enable --quiet --now mend-worker@drain.service
    eventually 30 "the first operation" test -e /srv/drained/1
    [ "$(stat -c %U /srv/drained/1)" != root ] || fail "the worker runs as root"
    # The second is in hand: its command waits. The restart gives it back, and no attempt is spent.
    eventually 30 "the second in hand" bash -c 'mend --json queue stats drain | jq -e ".counts.leased == 1"'
    first=$(mend --json queue list drain --state leased | jq -r .operation | sed -n 1p)
    systemctl restart mend-worker@drain.service
    systemctl restart mend-worker@drain.service
    for n in 2 3 4 5; do touch "/srv/drained/go-$n"; done
    eventually 60 "an empty queue" bash -c 'mend --json queue stats drain | jq -e ".counts.ready == 0 and .counts.leased == 0"'
    for n in 1 2 3 4 5; do [ -e "/srv/drained/$n" ] || fail "operation $n was not done"; done
    attempts=$(mend --json queue get "$first" | jq .attempt)
    is "attempts of what two restarts interrupted" "$attempts" 1
    systemctl disable --quiet --now mend-worker@drain.service
    # A file that is wrong: the unit fails, is reported, and does not begin again and again.
    printf 'queue: drain\ncomand: "true"\n' >/etc/mend/workers/wrong.yaml
    systemctl start mend-worker@wrong.service
    eventually 20 "the failure of a worker with a misspelt key" systemctl is-failed --quiet mend-worker@wrong.service
    is "its restarts" "$(property mend-worker@wrong.service NRestarts)" 0
    journalctl --sync
    has "why" "$(journalctl --output cat --unit mend-worker@wrong.service)" comand
    systemctl reset-failed mend-worker@wrong.service
    rm /etc/mend/workers/wrong.yaml
    say "5 operations done by a user of its own ($(stat -c %u /srv/drained/1)); two restarts spent no attempt"
}

sandbox() {
    # The daemon's own unit, with the probe in the place of the daemon.
    cp /ci/probe /usr/bin/mend-probe
    touch /tmp/of-another
    # TasksMax= is of use only where there is a controller for it.
    local threads=
    if [ -e /sys/fs/cgroup/pids ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers; then threads=threads; fi
    sed -e '/^\[Install\]/,$d' -e 's#/usr/bin/mendd#/usr/bin/mend-probe#' -e 's/^Type=.*/Type=oneshot/' -e '/^Wants=/d' \
        -e '/^WatchdogSec=/d' -e '/^Restart/d' -e "s#^ExecStart=.*#& $threads#" /lib/systemd/system/mend.service |
        unit mend-probe.service
    systemctl stop mend.service 2>/dev/null
    systemctl start mend-probe.service || {
        journalctl --no-pager --output cat --unit mend-probe.service >&2
        fail "the probe was let through"
    }
    local probed daemon
    eventually 10 "the probe's words" bash -c 'journalctl --output cat --unit mend-probe.service | grep attempts'
    probed=$(journalctl --output cat --unit mend-probe.service | grep attempts)
    # The daemon itself is as confined as what was probed.
    mend --quiet ping
    daemon=$(grep -E '^(Cap(Eff|Prm|Bnd|Amb)|NoNewPrivs|Seccomp):' "/proc/$(pid)/status" | tr -s '\t\n' '  ')
    is "the daemon's own confinement" "$daemon" "CapPrm: 0000000000000000 CapEff: 0000000000000000 \
CapBnd: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 "
    if nsenter --target "$(pid)" --mount /bin/true 2>/dev/null; then fail "/bin/true runs where the daemon is"; fi
    is "what it was refused" "$(journalctl --output cat --unit mend.service | grep -ciE 'not implemented|not permitted')" 0
    rm /usr/bin/mend-probe
    say "$probed"
}

# What is there is handed over; the cases before have shown that it may be missing.
credential() {
    install -d -m 700 /etc/credstore
    (umask 077 && echo "1 $(head -c 32 /dev/urandom | base64)" >/etc/credstore/mend.payload-keys)
    systemctl restart mend.service
    local id
    id=$(mend queue put sealed '"nobody else may read this"')
    has "the payload" "$(mend --json queue get "$id")" "nobody else may read this"
    if grep -q "nobody else may" /var/lib/mend/*; then fail "the payload is readable on disk"; fi
    say "the key in /etc/credstore seals payloads"
}

journal() {
    local operation lease entry
    operation=$(mend queue put letters-that-fail '1')
    lease=$(mend --json queue lease letters-that-fail | jq -r .lease)
    mend --quiet queue fail "$operation" "$lease" 'no such address' --category permanent
    eventually 20 "the entry" bash -c "journalctl --quiet --unit mend.service MEND_OPERATION=$operation | grep -q ."
    entry=$(journalctl --unit mend.service --output json "MEND_OPERATION=$operation" | tail -1)
    is "its kind" "$(jq -r .MEND_KIND <<<"$entry")" operation.dead
    has "journalctl -x" "$(journalctl --unit mend.service --catalog "MEND_OPERATION=$operation")" "mend queue replay $operation"
    say "journalctl MEND_OPERATION=$operation finds: $(jq -r .MESSAGE <<<"$entry")"
}

# A transaction whose script the end of the machine ends: its undo is done by a unit, in the next boot.
undo_before() {
    if systemctl start mend-undo@nosuch.service 2>/dev/null; then fail "the undos of a user who does not exist"; fi
    eventually 20 "the failure of a user who does not exist" systemctl is-failed --quiet mend-undo@nosuch.service
    is "its restarts" "$(property mend-undo@nosuch.service NRestarts)" 0
    systemctl reset-failed mend-undo@nosuch.service
    systemctl enable --quiet --now mend-undo@alice.service
    systemctl stop mend-undo@alice.service
    # shellcheck disable=SC2016 # The script's own process is meant.
    runuser -u alice -g alice -G mend -- bash -c '
        cd ~
        txn=$(mend txn begin deploy --timeout 1h --hold-pid $$)
        mend txn step "$txn" --undo "rm web.42 && id -un > undone" -- touch web.42
        touch ready
        exec sleep 600' >/dev/null 2>&1 &
    eventually 20 "the step" test -e /home/alice/ready
    [ -e /home/alice/web.42 ] || fail "the step was not done"
    sync
    disown
    say "a step is done, and the machine goes down"
}

undo_after() {
    eventually 60 "the undo" test -s /home/alice/undone
    is "who did it" "$(cat /home/alice/undone)" alice
    [ ! -e /home/alice/web.42 ] || fail "the step is still there"
    systemctl is-active --quiet mend-undo@alice.service || fail "mend-undo@alice.service is not running"
    say "after a reboot mend-undo@alice.service has undone it, as alice"
}

# The same version once more runs what an upgrade runs.
upgrade() {
    mend --quiet ping
    local before operation
    before=$(pid)
    operation=$(mend queue put over-the-upgrade '1')
    dpkg --install /ci/mend_*.deb >/run/said 2>&1 || fail "$(cat /run/said)"
    mend --quiet queue get "$operation"
    [ "$(pid)" != "$before" ] || fail "the daemon of before the upgrade runs"
    systemctl is-active --quiet mend.socket || fail "the socket is not active"
    say "the daemon is replaced, the socket stays, and so does what was acknowledged"
}

removal() {
    systemctl enable --quiet mend-undo@alice.service mend-worker@letters.service
    dpkg --remove mend >/run/said 2>&1 || fail "$(cat /run/said)"
    is "what runs" "$(systemctl list-units --plain --no-legend 'mend*.service' 'mend*.socket' --state active | wc -l)" 0
    [ -s /var/lib/mend/mend.db ] || fail "the state is gone with the package"
    echo '{}' >/etc/mend/mend.yaml
    dpkg --purge mend >/run/said 2>&1 || fail "$(cat /run/said)"
    grep -q '^Deleting /var/lib/mend with' /run/said || fail "a purge does not say that it deletes the state: $(cat /run/said)"
    [ -s /etc/mend/mend.yaml ] || fail "a purge deletes what an administrator has written"
    for path in /var/lib/mend /var/lib/mend-report /usr/lib/mend /usr/share/mend /etc/systemd/system/*/mend*.s*; do
        [ ! -e "$path" ] || fail "a purge leaves $path"
    done
    say "a removal stops all and keeps the state, a purge leaves nothing of it"
}

# shellcheck source=systemd/test/faults.sh
source "$(dirname "$0")/faults.sh"

case=${1:?usage: cases.sh setup | list | CASE}
case $case in
list) printf '%s\n' "${cases[@]}" ;;
*) "$case" ;;
esac
