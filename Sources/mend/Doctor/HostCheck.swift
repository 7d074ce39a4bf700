import Glibc
import MendClient

/// What the daemon needs of the host, seen without it.
struct HostCheck {
    private static let stateDirectory = "/var/lib/mend"
    private static let fewBytes: UInt64 = 256 << 20
    private static let hardlyAnyBytes: UInt64 = 32 << 20

    private let isSystem: Bool

    init(_ globals: GlobalOptions) { isSystem = SocketPath.resolve(globals.socket) == SocketPath.system }

    func findings() -> [Finding] { units() + [space(), oldStates(), spool()] + payloadKeys() }

    // MARK: Units

    private func units() -> [Finding] {
        guard Self.isBooted else { return [.skipped("units", because: "systemd does not run this host")] }
        guard isSystem else { return [.skipped("units", because: "this daemon is not the system's")] }
        guard let units = UnitState.read(["mend.socket", "mend.service"]) else {
            return [.skipped("units", because: "systemctl does not answer")]
        }
        return units.map(\.finding)
    }

    /// As sd_booted(3) does it.
    static var isBooted: Bool { access("/run/systemd/system", F_OK) == 0 }

    // MARK: Room

    private func space() -> Finding {
        guard isSystem else { return .skipped("disk", because: "where this daemon keeps its state is not known") }
        var about = statvfs()
        guard statvfs(Self.stateDirectory, &about) == 0 else {
            return .skipped("disk", because: "\(Self.stateDirectory): \(String(cString: strerror(errno)))")
        }
        let free = UInt64(about.f_bavail) * UInt64(about.f_frsize)
        let message = "\(SizeText.text(Int64(clamping: free))) free for \(Self.stateDirectory)"
        let hint = "make room: while there is none, no new work is taken"
        if free < Self.hardlyAnyBytes { return .fail("disk", message, hint: hint) }
        return free < Self.fewBytes ? .warn("disk", message, hint: hint) : .ok("disk", message)
    }

    private func oldStates() -> Finding {
        isSystem
            ? KeptStates(in: Self.stateDirectory).finding
            : .skipped("old states", because: "where this daemon keeps its state is not known")
    }

    /// Nothing where there is no file, or where whoever asks may not even see it.
    private func payloadKeys() -> [Finding] {
        isSystem ? [Self.payloadKeys(in: "/etc/credstore/mend.payload-keys")].compactMap { $0 } : []
    }

    static func payloadKeys(in file: String) -> Finding? {
        var about = stat()
        guard stat(file, &about) == 0 else { return nil }
        let message = "\(file) has mode \(String(about.st_mode & 0o7777, radix: 8))"
        guard about.st_mode & 0o077 != 0 else { return .ok("payload keys", message) }
        return .warn(
            "payload keys", "\(message): others than its owner can use the keys",
            hint: "chmod 600 \(file); if somebody may have read it, add a key: the highest number seals from then on")
    }

    private func spool() -> Finding {
        do {
            let spool = try Spool()
            let count = try spool.names().count
            guard count > 0 else { return .ok("spool", "no report waits for the daemon") }
            return .warn(
                "spool", "\(count) \(count == 1 ? "report waits" : "reports wait") in \(spool.directory)",
                hint: "mend spool deliver")
        } catch {
            return .skipped("spool", because: "\(error)")
        }
    }
}

/// A unit, as `systemctl show` tells of it.
package struct UnitState: Equatable {
    package var name = ""
    package var load = ""
    package var active = ""
    package var sub = ""
    package var result = ""
    package var restarts = 0
    /// Of a socket; empty where its unit names none.
    package var socketGroup = ""

    /// - Returns: nothing where systemctl does not answer.
    static func read(_ names: [String]) -> [UnitState]? {
        let properties = "--property=Id,LoadState,ActiveState,SubState,Result,NRestarts,SocketGroup"
        return ChildText.read(["systemctl", "show", properties] + names, timeoutMs: 5000).map(parse)
    }

    /// Units are paragraphs of `Name=value`.
    package static func parse(_ text: String) -> [UnitState] {
        var units = [UnitState()]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let equals = line.firstIndex(of: "=") else {
                units.append(UnitState())
                continue
            }
            let value = String(line[line.index(after: equals)...])
            let last = units.count - 1
            switch line[..<equals] {
            case "Id": units[last].name = value
            case "LoadState": units[last].load = value
            case "ActiveState": units[last].active = value
            case "SubState": units[last].sub = value
            case "Result": units[last].result = value
            case "SocketGroup": units[last].socketGroup = value
            case "NRestarts": units[last].restarts = Int(value) ?? 0
            default: break
            }
        }
        return units.filter { !$0.name.isEmpty }
    }

    /// What brings back the file of a socket's unit.
    package var hintToListen: String {
        switch (load, active) {
        case ("not-found", _): "install \(name): it comes with Mend, see its README"
        case ("masked", _): "it is masked: systemctl unmask \(name), then: systemctl enable --now \(name)"
        case (_, "active"): "\(name) is active, its file was removed: systemctl restart \(name)"
        case (_, "failed"): "see journalctl -u \(name), then: systemctl reset-failed \(name); systemctl start \(name)"
        default: "systemctl enable --now \(name)"
        }
    }

    var finding: Finding {
        guard load != "not-found" else {
            return .warn(name, "there is no such unit", hint: "install it: it comes with Mend, see its README")
        }
        guard load != "masked" else {
            return .warn(name, "it is masked, so that nothing can start it", hint: "systemctl unmask \(name)")
        }
        guard load == "loaded" else {
            return .warn(name, "it cannot be loaded: \(load)", hint: "systemd-analyze verify \(name)")
        }
        let state = "\(active) (\(sub))"
        if active == "failed" {
            return .fail(
                name, "\(state), result \(result)",
                hint: "see journalctl -u \(name), then: systemctl reset-failed \(name); systemctl start mend.socket")
        }
        // Between its clients the service need not run.
        if name == "mend.socket", active != "active" {
            return .warn(name, state, hint: "systemctl enable --now mend.socket")
        }
        guard restarts > 0 else { return .ok(name, state) }
        return .warn(
            name, "\(state), restarted \(restarts) \(restarts == 1 ? "time" : "times")",
            hint: "see journalctl -u \(name) -p warning")
    }
}
