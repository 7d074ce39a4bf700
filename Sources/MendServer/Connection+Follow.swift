import MendEngine
import MendProtocol
import MendWire

/// The subscriptions of one connection.
///
/// Nothing is buffered for a follower: its events are read from the journal, page by page, each once the one before has
/// left the socket. A client that is slow, or does not read at all, costs one page.
struct Follows {
    struct Follower {
        let filter: EventFilter
        /// The last event that was looked at.
        var after: Int64
        var isReading = false
    }

    var byID: [Int64: Follower] = [:]
    /// Those whose call is not yet answered count, too.
    var count = 0
    var lastID: Int64 = 0
}

extension Connection {
    // MARK: Calls

    func begin(_ work: OwnWork, _ request: RPCRequest, in batch: Place?, bytes: Int) throws(CallError) {
        switch work {
        case .follow:
            _ = try core.service.running()
            guard batch == nil else {
                throw CallError(.invalidParams, "a batch may not wait", hint: "send events.follow as a call of its own")
            }
            try addFollow()
            wait(.own(work), note(request, at: .aside, bytes))
            startWaiting()
        case .unfollow(let call):
            settle(.success(try end(call)), of: request.id, at: batch ?? .inOrder(order.open()))
        case .cancel(let call):
            let answer = System.Cancel.Answer(cancelled: cancelWaits(of: call.id))
            settle(.success(answer), of: request.id, at: batch ?? .inOrder(order.open()))
        }
    }

    private func addFollow() throws(CallError) {
        let limit = core.settings.limits.followsPerConnection
        guard follows.count < limit else {
            throw CallError(
                .tooLarge, "this connection has \(limit) subscriptions, the most for one",
                hint: "follow once with a wider filter, or raise limits.follows_per_connection")
        }
        try core.follows.add(caller)
        follows.count += 1
    }

    /// Begins a subscription with what is live at its beginning.
    func start(_ call: Events.Follow, _ waiting: WaitingCall, _ running: Running, _ facts: ServerFacts) -> Bool {
        let (caller, now) = (caller, running.writer.now)
        return atReader { () throws(CallError) in
            try running.reader.answer(call, caller: caller, now: now, facts: facts)
        } then: { connection, result in
            connection.reserve(-connection.limits.lineBytes)
            connection.begin(call, waiting.number, result)
        }
    }

    private func begin(_ call: Events.Follow, _ number: UInt64, _ result: Result<Events.Follow.Answer, CallError>) {
        follows.lastID += 1
        let id = follows.lastID
        let answered = result.map { answer in
            var answer = answer
            answer.follow = id
            return answer as any Encodable & Sendable
        }
        guard answer(number, answered) != nil, case .success(let first) = result else { return drop(1) }
        follows.byID[id] = Follows.Follower(filter: call.filter, after: max(0, call.after ?? first.last))
        loop.noteFollowing(self, journalEnd: first.last)
    }

    private func end(_ call: Events.Unfollow) throws(CallError) -> Events.Unfollow.Answer {
        guard let follower = follows.byID.removeValue(forKey: call.follow) else {
            throw CallError(
                .notFound, "this connection has no subscription \(call.follow)", field: "follow",
                hint: "events.follow answers its number; it ends with the connection")
        }
        drop(1)
        return Events.Unfollow.Answer(after: follower.after)
    }

    func drop(_ count: Int) {
        follows.count -= count
        core.follows.remove(count, of: caller.uid)
        if follows.byID.isEmpty { loop.noteNotFollowing(self) }
    }

    /// Ends all subscriptions with the connection.
    func endFollows() {
        let ended = follows.byID.count
        // Calls that still wait for the writes before them are forgotten with the connection.
        let forgotten = waiting.count { if case .own = $0.work { true } else { false } }
        follows.byID = [:]
        drop(ended + forgotten)
    }

    /// Answers calls that wait; tells whether there were any.
    private func cancelWaits(of id: RequestID) -> Bool {
        let waits = calls.filter { $0.value.mayWait && $0.value.id == id }
        let error = CallError(.cancelled, "the wait was ended by system.cancel")
        for number in waits.keys.sorted() {
            endWait(number)
            answer(number, .failure(error))
        }
        return !waits.isEmpty
    }

    // MARK: Events

    /// Gets in line for a reader if a follower has not seen all and the client has taken what was written.
    func readFollowed() {
        guard !follows.byID.isEmpty, isDrained, !isStopping, nextToRead != nil, case .running = core.service else {
            return
        }
        waitForReader()
    }

    private var nextToRead: (key: Int64, value: Follows.Follower)? {
        follows.byID.first { !$0.value.isReading && $0.value.after < loop.journalEnd }
    }

    /// Reads the next events for one follower; tells whether there is one to read for.
    func startFollowedPage() -> Bool {
        guard isDrained, !isStopping, case .running(let running) = core.service, let (id, follower) = nextToRead else {
            return false
        }
        follows.byID[id]?.isReading = true
        let reader = running.reader
        return atReader { () throws(CallError) in
            try FollowedPage(try reader.page(follower.filter, after: follower.after), for: id)
        } then: { connection, page in
            connection.tell(page, id)
        }
    }

    private func tell(_ page: Result<FollowedPage, CallError>, _ id: Int64) {
        guard follows.byID[id] != nil else { return }
        switch page {
        case .success(let page):
            follows.byID[id]?.isReading = false
            follows.byID[id]?.after = page.through
            out += page.lines
        // What cannot be read on must not look like silence: the client learns it by the connection's end.
        case .failure: close()
        }
    }
}

/// Events as the lines in which a follower is told them.
private struct FollowedPage: Sendable {
    let lines: [UInt8]
    let through: Int64

    init(_ page: JournalPage, for id: Int64) throws(CallError) {
        var writer = JSONWriter()
        do throws(WireEncodingError) {
            if let missed = page.missed { try writer.tell(FollowedEvent(follow: id, missed: missed)) }
            for event in page.events { try writer.tell(FollowedEvent(follow: id, event: event)) }
        } catch {
            throw CallError(.internalError, "an event cannot be written: \(error)")
        }
        lines = writer.bytes
        through = page.through
    }
}

extension JSONWriter {
    fileprivate mutating func tell(_ told: FollowedEvent) throws(WireEncodingError) {
        try writeNotification(method: FollowedEvent.name, params: told)
        endLine()
    }
}
