import Synchronization

/// The configuration that the daemon goes by, replaced by reloads.
final class ConfigurationInForce: Sendable {
    /// What a reload makes of a configuration.
    struct Change: Equatable {
        /// What is to be in force.
        var configuration: Configuration
        /// Keys that have changed, and of which only a restart will take the new value.
        var taken: [String] = []
        var needingRestart: [String] = []

        /// For people.
        var text: String {
            let now = taken.isEmpty ? "no setting has changed" : "now in force: \(taken.joined(separator: ", "))"
            guard !needingRestart.isEmpty else { return now }
            return "\(now); needing a restart: \(needingRestart.joined(separator: ", "))"
        }
    }

    private let current = Mutex(Configuration())

    var value: Configuration {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// What of a new configuration can be taken.
    func change(to new: Configuration) -> Change {
        let old = value
        var change = Change(configuration: new)
        for key in ConfigurationKey.all where key.text(in: old) != key.text(in: new) {
            if key.isReloadable {
                change.taken.append(key.name)
            } else {
                change.needingRestart.append(key.name)
                key.copy(from: old, to: &change.configuration)
            }
        }
        return change
    }
}
