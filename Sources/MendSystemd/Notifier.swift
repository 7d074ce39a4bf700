import CSystemd

/// Tells the service manager how this process is, as sd_notify(3) describes it.
///
/// Without `NOTIFY_SOCKET` in the environment nothing happens. Every call answers whether a manager was told, which
/// only matters to who wants to log that it was not.
package struct Notifier: Sendable {
    /// The longest status that is sent, in bytes of UTF-8. The manager drops a datagram of more than 4,096 bytes as a
    /// whole, and with it the state that the same datagram announces.
    package static let maximumStatusBytes = 1_024

    package init() {}

    /// The service takes requests. `status` is for people, as in ``status(_:)``.
    @discardableResult
    package func ready(status: String? = nil) -> Bool {
        send("READY=1", status: status)
    }

    /// One line for people, as `systemctl status` shows it. Line breaks and other control characters become spaces,
    /// and what is longer than ``maximumStatusBytes`` is cut.
    @discardableResult
    package func status(_ text: String) -> Bool {
        send(Self.statusLine(text))
    }

    /// The service has begun to stop.
    @discardableResult
    package func stopping(status: String? = nil) -> Bool {
        send("STOPPING=1", status: status)
    }

    /// The service has begun to read its configuration again; ``ready(status:)`` ends that.
    @discardableResult
    package func reloading(status: String? = nil) -> Bool {
        send("RELOADING=1", status: status)
    }

    /// A sign of life. It is due before each ``watchdogInterval`` is over; half of it is the usual pace.
    @discardableResult
    package func watchdog() -> Bool {
        send("WATCHDOG=1")
    }

    /// Asks for that much time from now on before the start, the stop or the run at hand counts as hung.
    ///
    /// - Parameter microseconds: must be sent again before it is over where the work takes longer.
    @discardableResult
    package func extendTimeout(microseconds: UInt64) -> Bool {
        send("EXTEND_TIMEOUT_USEC=\(microseconds)")
    }

    /// Within which time the manager expects each sign of life; absent where it expects none from this process
    /// (`WATCHDOG_USEC` and `WATCHDOG_PID`).
    package var watchdogInterval: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    private func send(_ state: String, status: String?) -> Bool {
        send(status.map { state + "\n" + Self.statusLine($0) } ?? state)
    }

    private func send(_ message: String) -> Bool {
        sd_notify(0, message) > 0
    }

    private static func statusLine(_ text: String) -> String {
        var line = "STATUS="
        var room = maximumStatusBytes
        for scalar in text.unicodeScalars {
            let printable = scalar.properties.generalCategory == .control ? " " : scalar
            room -= UTF8.width(printable)
            guard room >= 0 else { break }
            line.unicodeScalars.append(printable)
        }
        return line
    }
}
