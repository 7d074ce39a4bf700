/// A process as it cannot be mistaken for a later one with the same id: what a hold by `{"pid": N}` is tied to.
package struct ProcessIdentity: Hashable, Sendable {
    package var pid: Int32
    package var uid: UInt32
    /// When it began, in the kernel's ticks since boot: `/proc/PID/stat`, field 22.
    package var startTicks: Int64
    package var bootID: String

    package init(pid: Int32, uid: UInt32, startTicks: Int64, bootID: String) {
        self.pid = pid
        self.uid = uid
        self.startTicks = startTicks
        self.bootID = bootID
    }
}

/// Whose end ends what is tied to it.
package enum Owner: Hashable, Sendable {
    case connection(ConnectionOwner)
    case process(ProcessIdentity)

    var process: ProcessIdentity? { if case .process(let process) = self { process } else { nil } }
}

/// A connection as an owner, by its identity.
package struct ConnectionOwner: Hashable, Sendable {
    package let origin: any CallOrigin

    package init(_ origin: any CallOrigin) { self.origin = origin }

    package static func == (left: ConnectionOwner, right: ConnectionOwner) -> Bool { left.origin === right.origin }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(origin)) }
}
