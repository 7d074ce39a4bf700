import MendEngine
import NIOCore

/// Lines in: users take turns at the loop's time.
extension LoopState {
    /// How long lines are handled in turn before the loop looks for what else has come, in nanoseconds.
    private static let stretch: UInt64 = 4_000_000
    /// How many connections have a turn meanwhile: each may be read from once afterwards.
    private static let turnsInStretch = 64
    /// How long lines are handled as they come, in nanoseconds: who is to be accepted waits meanwhile.
    private static let round: UInt64 = 10_000_000

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// Whether lines of a user may be handled as they come.
    func mayHandle(linesOf user: UInt32, at now: UInt64) -> Bool {
        guard let began = roundBegan else {
            roundBegan = now
            scheduleRoundEnd()
            return !isShared || lineTurns.mayBegin(user, at: now)
        }
        return now - began < Self.round && (!isShared || lineTurns.mayBegin(user, at: now))
    }

    /// Counts what handling a user's lines took.
    func handled(linesOf user: UInt32, since began: UInt64) {
        if isShared { lineTurns.ended(user, from: began, to: Self.now) }
    }

    func waitForTurn(_ connection: Connection) {
        lineTurns.add(connection, of: connection.caller.uid)
        scheduleTurns()
    }

    private func scheduleTurns() {
        guard !areTurnsScheduled else { return }
        areTurnsScheduled = true
        // Not at once: before tasks that are due the loop would not look at its sockets.
        eventLoop.assumeIsolated().scheduleTask(in: .microseconds(50)) { self.takeTurns() }
    }

    private func takeTurns() {
        areTurnsScheduled = false
        let end = Self.now + Self.stretch
        for _ in 0..<Self.turnsInStretch where Self.now < end {
            guard let connection = lineTurns.next() else { return }
            connection.takeTurn()
        }
        if !lineTurns.isEmpty { scheduleTurns() }
    }
}
