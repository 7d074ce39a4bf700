import MendEngine
import NIOCore

/// What a user's connections have of an event loop together.
final class LoopUser {
    var connections = 0
    var bytes = 0
}

/// Bytes in flight: what was read and not answered, and what was answered and not taken.
///
/// Three quarters of what all may have go to whoever comes first; the rest is for connections that have little in flight,
/// so that clients which read their answers are served beside others which do not. Where all is gone, those are closed that
/// take nothing, and users take turns at what becomes free.
extension LoopState {
    /// Such as calls that wait.
    private static let little = 4096
    /// How long a client may take nothing while others wait for room, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    /// How often it is looked for such clients while somebody waits.
    private static let pace = TimeAmount.seconds(1)
    /// How many of those that wait are asked when some room becomes free while most is taken.
    private static let askedAtOnce = 8

    private var roomForAll: Int { maxBytes - maxBytes / 4 }

    /// Whether there is room for more of a connection that has so many bytes in flight, some of which were not counted here.
    func hasRoom(beside own: Int, uncounted: Int) -> Bool {
        own <= Self.little ? bytes < maxBytes : bytes + uncounted < roomForAll
    }

    func waitForRoom(_ connection: Connection) {
        blocked.add(connection, of: connection.caller.uid)
        guard roomCheck == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        roomCheck = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pace) { _ in bound.value.checkRoom()
        }
    }

    private func checkRoom() {
        closeTheDeaf()
        resumeBlocked()
        guard blocked.isEmpty else { return }
        roomCheck?.cancel()
        roomCheck = nil
    }

    func resumeBlocked() {
        guard !blocked.isEmpty, bytes < maxBytes else { return }
        guard !isResuming else {
            resumesAgain = true
            return
        }
        isResuming = true
        var left = bytes < roomForAll ? blocked.count : Self.askedAtOnce
        while left > 0, bytes < maxBytes, let connection = blocked.next() {
            connection.resume()
            left -= 1
        }
        isResuming = false
        guard resumesAgain else { return }
        resumesAgain = false
        eventLoop.assumeIsolated().execute { self.resumeBlocked() }
    }

    /// Closes who is in the way of others; after what is being done for a connection now.
    func makeRoom() {
        guard !isMakingRoom else { return }
        isMakingRoom = true
        eventLoop.assumeIsolated().execute {
            self.isMakingRoom = false
            self.closeTheDeaf()
        }
    }

    /// Those who have taken nothing for long; and where there is no room at all, of the users that have most those who have
    /// taken nothing for longest.
    private func closeTheDeaf() {
        let now = Self.now
        var deaf = connections.values.compactMap { connection in
            connection.deafSince(at: now).map { (connection, since: $0) }
        }
        deaf.sort { $0.since > $1.since }
        var closed: [UInt32: Int] = [:]
        func close(_ connection: Connection) {
            closed[connection.caller.uid, default: 0] += 1
            connection.close()
        }
        while let longest = deaf.last, now - longest.since >= Self.patience {
            close(longest.0)
            deaf.removeLast()
        }
        if bytes >= maxBytes {
            var byUser = Dictionary(grouping: deaf.map(\.0), by: \.caller.uid)
            while bytes > maxBytes - maxBytes / 8, let most = byUser.keys.max(by: { has($0) < has($1) }) {
                if let longest = byUser[most]?.popLast() { close(longest) } else { byUser[most] = nil }
            }
        }
        for (uid, count) in closed.sorted(by: { $0.key < $1.key }) {
            core.warn(
                """
                limits.total_bytes is reached: \(count) connections of user \(uid) were closed, which did not take their \
                answers
                """)
        }
    }

    private func has(_ uid: UInt32) -> Int { user(uid).bytes }
}
