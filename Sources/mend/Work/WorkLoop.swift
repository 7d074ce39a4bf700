import Glibc

/// How long a worker takes operations.
struct WorkLoop {
    enum Extent: Sendable {
        case forever
        /// Until nothing is ready.
        case drain
        /// One, if there is one.
        case once
    }

    /// How long one call waits for an operation.
    private static let waitMs: Int64 = 30_000

    private let extent: Extent

    init(_ extent: Extent) { self.extent = extent }

    /// Ends the program with the status.
    func run(_ settings: WorkSettings, slots: Int, graceMs: Int64) throws {
        var settings = settings
        // Who waits for the end is told that the daemon is away.
        settings.isPatient = extent == .forever
        let extent = extent
        do {
            let signals = try ForwardedSignals(Array(ForwardedSignals.ending))
            let status = try Worker(settings: settings, signals: signals, graceMs: graceMs).run(slots: slots) { slot in
                try Self.work(slot, extent)
            }
            throw CommandStatus(status)
        } catch let failure as SystemFailure {
            Notice.tell(failure.description)
            throw CommandStatus(125)
        }
    }

    private static func work(_ slot: WorkSlot, _ extent: Extent) throws -> Int32 {
        while !slot.stop.isAsked {
            let leased = try slot.next(waitMs: extent == .forever ? waitMs : 0)
            switch (extent, leased) {
            case (.once, let leased?): return slot.perform(leased)
            case (_, let leased?): _ = slot.perform(leased)
            case (_, nil) where slot.stop.isAsked: break
            case (.once, nil): return ExitStatus.tryLater.rawValue
            case (.drain, nil): return 0
            case (.forever, nil): break
            }
        }
        return extent == .forever ? 0 : 128 + (slot.stop.signal ?? SIGTERM)
    }
}
