import Glibc

/// Where the daemon is looked for. The one place that decides it.
public enum SocketPath {
    /// The system's daemon.
    public static let system = "/run/mend/mend.sock"
    /// The environment variable that stands over the defaults.
    public static let variable = "MEND_SOCKET"

    /// The first of these: `explicit`; `MEND_SOCKET`; for an ordinary user `$XDG_RUNTIME_DIR/mend/mend.sock`, if it is
    /// there: a daemon of one's own; ``system``. Empty texts count as absent.
    public static func resolve(_ explicit: String? = nil) -> String {
        resolve(explicit, user: geteuid(), environment: environmentValue) { access($0, F_OK) == 0 }
    }

    package static func resolve(
        _ explicit: String?, user: uid_t, environment: (String) -> String?, exists: (String) -> Bool
    ) -> String {
        func value(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let explicit, !explicit.isEmpty { return explicit }
        if let named = value(variable) { return named }
        guard user != 0, let directory = value("XDG_RUNTIME_DIR") else { return system }
        let own = directory + "/mend/mend.sock"
        return exists(own) ? own : system
    }

    private static func environmentValue(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
