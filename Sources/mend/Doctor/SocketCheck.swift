import Glibc
import MendClient
import MendProtocol

/// The socket, and what the daemon behind it says.
struct SocketCheck {
    /// An answer that takes longer is none.
    private static let patienceMs: Int64 = 5000
    private static let mostDriftMs: Int64 = 1000
    private static let recentMs: Int64 = 86_400_000
    private static let lookAtLog = "see `systemctl status mend.service` and `journalctl -u mend.service`"

    private let globals: GlobalOptions
    private let path: String

    init(_ globals: GlobalOptions) {
        self.globals = globals
        path = SocketPath.resolve(globals.socket)
    }

    func findings() -> [Finding] {
        var findings = [socket()]
        guard findings[0].level != .fail else {
            return findings + [.skipped("daemon", because: "there is no way to it")]
        }
        do throws(ClientError) {
            let client = try globals.connect(timeoutMs: Self.patienceMs)
            let hello = try client.call(System.Hello())
            let health = try client.call(System.Health())
            findings += [.ok("role", "\(hello.role.rawValue), as user \(hello.uid)"), version(hello)]
            findings += self.health(health)
            // A degraded daemon answers no more than that.
            guard health.status == .ok else { return findings }
            findings.append(try clock(client))
            findings.append(try jumps(client))
            findings += overview(try client.call(System.Status()))
            findings.append(try undos(client))
        } catch {
            findings.append(.fail("daemon", error.message, hint: error.hint ?? Self.lookAtLog))
        }
        return findings
    }

    private func socket() -> Finding {
        var about = stat()
        guard stat(path, &about) == 0 else {
            return switch errno {
            case ENOENT:
                .fail(
                    "socket", "there is none at \(path)",
                    hint: (unit?.hintToListen ?? "systemctl restart mend.socket")
                        + "; or run mendd, and say where with MEND_SOCKET or --socket")
            case let number:
                .fail(
                    "socket", "\(path): \(String(cString: strerror(number)))",
                    hint: "the directories above it must let you pass; members of the socket's group may use it")
            }
        }
        guard about.st_mode & S_IFMT == S_IFSOCK else {
            return .fail("socket", "\(path) is no socket", hint: "move it away: systemctl restart mend.socket")
        }
        let mode = String(about.st_mode & 0o7777, radix: 8)
        let group = Accounts.name(ofGroup: about.st_gid)
        let rights = "mode \(mode), user \(Accounts.name(ofUser: about.st_uid)), group \(group)"
        guard access(path, R_OK | W_OK) == 0 else {
            let us = Accounts.name(ofUser: geteuid())
            return .fail(
                "socket", "\(path) (\(rights)) may not be used by user \(us)",
                hint: Self.hint(toJoin: group, number: about.st_gid, user: us))
        }
        if let unit, unit.socketGroup.isEmpty || unit.socketGroup != group || Self.isPowerful(group, about.st_gid) {
            return .warn("socket", "\(path), \(rights): that is not Mend's own group", hint: Self.regroup)
        }
        return .ok("socket", "\(path), \(rights)")
    }

    /// The unit of the host's socket, where systemd runs the host; nothing for another daemon's.
    private var unit: UnitState? {
        guard path == SocketPath.system, HostCheck.isBooted else { return nil }
        return UnitState.read(["mend.socket"])?.first
    }

    private static let regroup =
        "an administrator sees SocketGroup= in `systemctl cat mend.socket`: it is mend as it comes; then: "
        + "systemctl restart mend.socket"

    /// Whoever is in it can do more on the host than use Mend.
    private static func isPowerful(_ group: String, _ number: UInt32) -> Bool {
        number == 0 || ["root", "wheel", "sudo", "adm", "disk", "docker", "shadow"].contains(group)
    }

    static func hint(toJoin group: String, number: UInt32, user: String) -> String {
        isPowerful(group, number)
            ? "\(group) is no group to become a member of for this; \(regroup)"
            : "become a member of the socket's group, and log in anew: usermod -aG \(group) \(user)"
    }

    private func version(_ hello: System.Hello.Answer) -> Finding {
        let ours = MendVersion.current
        guard hello.version != ours else { return .ok("version", "\(ours), client and daemon") }
        return .warn(
            "version", "the client is \(ours), the daemon \(hello.version)",
            hint: "after an upgrade: systemctl restart mend.service; clients wait meanwhile")
    }

    private func health(_ health: System.Health.Answer) -> [Finding] {
        let notices = (health.notices ?? []).map { notice in
            Finding.warn(
                "configuration", "\(WallClock.system().text(notice.at)): \(notice.message)", hint: notice.hint)
        }
        guard health.status == .ok else {
            let problem = Finding.fail(
                "health", health.problems.map(\.message).joined(separator: "; "),
                hint: health.problems.map(\.hint).first ?? Self.lookAtLog)
            return [problem] + notices
        }
        let calm = Finding.ok("configuration", "no reload has failed, and no key waits for a restart")
        return [.ok("health", "ok")] + (notices.isEmpty ? [calm] : notices)
    }

    private func clock(_ client: BlockingClient) throws(ClientError) -> Finding {
        let before = WallClock.system().nowMs
        let theirs = try client.call(System.Ping()).nowAt
        let after = WallClock.system().nowMs
        let drift = theirs < before ? before - theirs : max(0, theirs - after)
        guard drift > Self.mostDriftMs else { return .ok("clock", "the daemon's is the host's") }
        return .warn(
            "clock", "the daemon's differs by \(DurationText.text(drift))",
            hint: "the clock was set, or runs too fast or slow: see timedatectl")
    }

    private func jumps(_ client: BlockingClient) throws(ClientError) -> Finding {
        var filter = EventFilter()
        filter.kinds = EventKinds(EventKind.clockJumped.rawValue).map { [$0] }
        var call = Events.List(filter: filter)
        call.since = Timestamp(WallClock.system().nowMs - Self.recentMs)
        guard let event = try client.call(call).events.first else {
            return .ok("clock jumps", "none in the last day")
        }
        return .warn(
            "clock jumps", "\(WallClock.system().text(event.at)): \(event.message)",
            hint: "mend events list --kind clock.jumped; times before and after cannot be compared")
    }

    private func overview(_ status: System.Status.Answer) -> [Finding] {
        let open = [BreakerState.open, .halfOpen, .forcedOpen].reduce(0) { $0 + (status.breakers[$1.rawValue] ?? 0) }
        return [
            count("dead letters", status.operations.dead, hint: "mend queue list --state dead"),
            count(
                "transactions", status.transactions[TransactionState.parked.rawValue] ?? 0, of: "parked",
                hint: "mend txn list --state parked; mend txn resume, skip or resolve"),
            count("breakers", Int64(open), of: "not closed", hint: "mend breaker list"),
        ]
    }

    private func count(_ check: String, _ count: Int64, of what: String = "", hint: String) -> Finding {
        let end = what.isEmpty ? "" : " \(what)"
        return count == 0 ? .ok(check, "none\(end)") : .warn(check, "\(count)\(end)", hint: hint)
    }

    private func undos(_ client: BlockingClient) throws(ClientError) -> Finding {
        var waiting: Int64 = 0
        var call = Queue.Stats()
        repeat {
            let page = try client.call(call)
            for queue in page.queues where queue.queue.text.hasPrefix("undo.") { waiting += queue.counts.live }
            call.after = page.next
        } while call.after != nil
        return count("undos", waiting, of: "waiting", hint: "mend undo work --drain, as the user whose they are")
    }
}
