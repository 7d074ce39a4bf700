import Glibc

/// Where a user's programs keep things (https://specifications.freedesktop.org/basedir-spec/latest/).
enum UserDirectory {
    case state, cache

    private var variable: String {
        switch self {
        case .state: "XDG_STATE_HOME"
        case .cache: "XDG_CACHE_HOME"
        }
    }

    private var fallback: String {
        switch self {
        case .state: ".local/state"
        case .cache: ".cache"
        }
    }

    /// As systemd.exec(5) gives it to a service that has one of its own.
    private var serviceVariable: String {
        switch self {
        case .state: "STATE_DIRECTORY"
        case .cache: "CACHE_DIRECTORY"
        }
    }

    /// Ours of one purpose, where it would be. A service of the system has no HOME, or `/` as one of a dynamic user.
    static func path(_ kind: UserDirectory, _ purpose: String) throws -> String {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let base: String
        if let named = value(kind.variable) {
            base = named
        } else if let home = value("HOME"), home != "/" {
            base = "\(home)/\(kind.fallback)"
        } else if let own = value(kind.serviceVariable)?.split(separator: ":").first {
            base = String(own)
        } else if let home = Accounts.home(ofUser: geteuid()) {
            base = "\(home)/\(kind.fallback)"
        } else {
            throw SystemFailure(
                "neither \(kind.variable), HOME, \(kind.serviceVariable) nor /etc/passwd says where to keep things",
                ENOENT)
        }
        return "\(base)/mend/\(purpose)"
    }

    /// Ours of one purpose, made where it is not there, for the user alone.
    static func make(_ kind: UserDirectory, _ purpose: String) throws -> String {
        let path = try path(kind, purpose)
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += made.isEmpty && part.isEmpty ? "" : "/\(part)"
            guard !made.isEmpty, mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
            throw SystemFailure(made, errno)
        }
        return path
    }
}
