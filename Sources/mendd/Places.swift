import Glibc
import MendProtocol

/// Where the daemon listens and keeps its state, where it is not told otherwise.
struct Places {
    let socket: String
    let state: String
    /// The file of payload keys; nothing where payloads are kept as they are.
    let payloadKeys: String?

    init(socket: String?, state: String?, payloadKeys: String? = nil, environment: [String: String]) {
        self.payloadKeys = payloadKeys ?? Self.credential("payload-keys", environment)
        self.socket =
            socket ?? environment["MEND_SOCKET"] ?? Self.directory("XDG_RUNTIME_DIR", "/run", nil, environment)
            + "/mend.sock"
        // systemd names the directory of StateDirectory= itself.
        self.state =
            state ?? environment["STATE_DIRECTORY"]
            ?? Self.directory("XDG_STATE_HOME", "/var/lib", ".local/state", environment)
    }

    /// A credential that systemd hands over, where it does (systemd.exec(5), `LoadCredential=`).
    private static func credential(_ name: String, _ environment: [String: String]) -> String? {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let path = directory + "/" + name
        return access(path, F_OK) == 0 ? path : nil
    }

    /// `mend` below the system's directory for root, below the user's own otherwise.
    private static func directory(
        _ variable: String, _ system: String, _ belowHome: String?, _ environment: [String: String]
    ) -> String {
        if geteuid() == 0 { return system + "/mend" }
        if let own = environment[variable] { return own + "/mend" }
        if let belowHome, let home = environment["HOME"] { return "\(home)/\(belowHome)/mend" }
        return system + "/mend"
    }
}
