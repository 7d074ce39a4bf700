import MendProtocol

extension Category {
    /// Whether a failure of this kind says something about the health of what was called. A request that was refused
    /// for what it asked says that the dependency is up.
    var countsForBreakers: Bool {
        switch self {
        case .transient, .resource, .system, .dependency, .configuration, .unknown: true
        case .validation, .permanent, .data, .businessLogic, .inventory, .notification: false
        }
    }
}
