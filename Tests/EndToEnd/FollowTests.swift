import Testing

@Suite("Events are followed as they happen")
struct FollowTests {
    /// Makes so many events, each by a call of an operator's.
    private func make(_ count: Int, on client: LineClient) throws {
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        for _ in 0..<(count / 500) {
            try client.send((0..<500).map { request("queue.pause", #"{"queue":"q"}"#, id: "\($0)") })
            for answer in try client.answers(500) where answer["error"] != .null { throw Failure("\(answer)") }
        }
    }

    private func numbers(_ told: [JSON]) -> [Int64] { told.compactMap { $0["params"]["event"]["event"].int } }

    @Test("a follower is told each event, with the numbers that the list has, and nothing twice or never")
    func joins() throws {
        let daemon = try Daemon()
        let (follower, other) = (try daemon.connect(), try daemon.connect())
        try make(500, on: other)
        let listed = try other.result("events.list", #"{"limit":200}"#)
        let known = try #require(listed["next"].int)
        let begun = try follower.result("events.follow", #"{"after":\#(known)}"#)
        #expect(begun["follow"] == 1 && begun["last"].int == 501)
        #expect(begun["snapshot"]["operations"]["ready"] == 1)
        try make(500, on: other)
        let told = try follower.answers(801)
        #expect(listed["events"].elements.compactMap { $0["event"].int } + numbers(told) == Array(1...1001))
        #expect(told.allSatisfy { $0["method"] == "events.event" && $0["id"] == .null })
        let last = try other.result("events.list", #"{"newest_first":true,"limit":1}"#)
        #expect(told[800]["params"]["event"] == last["events"][0])
    }

    @Test("a follower gets what its filter lets through, from now on where it says no more")
    func filters() throws {
        let daemon = try Daemon()
        let (follower, other) = (try daemon.connect(), try daemon.connect())
        try make(500, on: other)
        _ = try follower.result("events.follow", #"{"kinds":["group.*"]}"#)
        try make(500, on: other)
        _ = try other.result("error.report", #"{"message":"it broke"}"#)
        let told = try follower.answer()["params"]
        #expect(told["event"]["kind"] == "group.new" && told["event"]["event"] == 1002)
    }

    @Test("several subscriptions of a connection are told apart, and one that is ended is told nothing more")
    func unfollow() throws {
        let daemon = try Daemon()
        let (follower, other) = (try daemon.connect(), try daemon.connect())
        #expect(try follower.result("events.follow", #"{"kinds":["group.new"]}"#)["follow"] == 1)
        #expect(try follower.result("events.follow", #"{"kinds":["group.new"]}"#)["follow"] == 2)
        _ = try other.result("error.report", #"{"message":"it broke"}"#)
        let told = try follower.answers(2)
        #expect(Set(told.compactMap { $0["params"]["follow"].int }) == [1, 2])
        #expect(
            try follower.result("events.unfollow", #"{"follow":1}"#)["after"] == told[0]["params"]["event"]["event"])
        #expect(try follower.call("events.unfollow", #"{"follow":1}"#).reason == "not_found")
        _ = try other.result("error.report", #"{"message":"something else broke"}"#)
        #expect(try follower.answer()["params"]["follow"] == 2)
        _ = try follower.result("system.ping")
    }

    @Test("a follower that does not read costs a page, holds up nobody, and misses nothing")
    func slow() throws {
        let daemon = try Daemon()
        let (follower, other) = (try daemon.connect(), try daemon.connect())
        // The daemon's own start is the first event, and on disk before this is.
        try make(0, on: other)
        _ = try follower.result("events.follow")
        try make(500, on: other)
        let before = try daemon.peakMemory()
        try make(8000, on: other)
        #expect(try daemon.peakMemory() - before < 8 << 20)
        let told = try follower.answers(8500)
        #expect(numbers(told) == Array(2...8501))
    }

    @Test("what was removed before a follower took it is told as missed")
    func missed() throws {
        let daemon = try Daemon()
        try make(500, on: try daemon.connect())
        try daemon.stop()
        try SQLite.execute("DELETE FROM events WHERE event <= 400", on: daemon.databasePath)
        try daemon.restart()
        let follower = try daemon.connect()
        _ = try follower.result("events.follow", #"{"after":100}"#)
        let told = try follower.answers(102)
        #expect(told[0]["params"]["missed"] == ["from": 101, "to": 400])
        #expect(numbers(told) == Array(401...501), "the last one tells of the second start")
    }

    @Test("subscriptions have limits, of a connection and in all, and there is room again when one ends")
    func limits() throws {
        let daemon = try Daemon(configuration: "limits: {follows: 3, follows_per_connection: 2}")
        let (one, other) = (try daemon.connect(), try daemon.connect())
        try make(0, on: one)
        for _ in 0..<2 { _ = try one.result("events.follow") }
        let perConnection = try one.call("events.follow")
        #expect(perConnection.reason == "too_large")
        #expect(try other.result("events.follow")["follow"] == 1)
        #expect(try other.call("events.follow").reason == "unavailable")
        one.close()
        let deadline = Deadline()
        var isAdmitted = false
        while !isAdmitted, !deadline.isOver { isAdmitted = try other.call("events.follow")["error"] == .null }
        #expect(isAdmitted)
    }

    @Test("a batch cannot follow")
    func batch() throws {
        let client = try Daemon().connect()
        try client.send("[\(request("events.follow", id: "1"))]")
        #expect(try client.answer()[0].reason == "invalid_params")
        _ = try client.result("system.ping")
    }

    @Test("a stop of the daemon ends the connection of a follower, which goes on after the last event it has")
    func stop() throws {
        let daemon = try Daemon()
        let follower = try daemon.connect()
        try make(0, on: follower)
        let last = try #require(try follower.result("events.follow")["last"].int)
        try daemon.stop()
        #expect(try follower.linesToEnd() == [])
        try daemon.restart()
        let again = try daemon.connect()
        _ = try again.result("events.follow", #"{"after":\#(last)}"#)
        #expect(try again.answer()["params"]["event"]["kind"] == "daemon.started")
    }
}

@Suite("A wait is ended by its client")
struct CancelTests {
    @Test("a call that waits is answered cancelled, by its id to the last digit; the operation goes to somebody else")
    func wait() throws {
        let client = try Daemon().connect()
        let wait = #"{"queues":["q"],"wait_ms":60000}"#
        try client.send(request("queue.lease", wait, id: "1.0"), request("queue.lease", wait, id: #""1""#))
        #expect(try client.result("system.cancel", #"{"id":1}"#)["cancelled"] == false)
        try client.send(request("system.cancel", #"{"id":1.0}"#, id: "2"))
        let answers = try client.answers(2)
        #expect(answers[0].reason == "cancelled" && answers[1]["result"]["cancelled"] == true)
        try client.send(request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "3"))
        #expect(try client.answer()["id"] == 3)
        let leased = try client.answer()
        #expect(leased["id"] == "1" && leased["result"]["operations"][0]["operation"] == 1)
        #expect(try client.result("system.cancel", #"{"id":"1"}"#)["cancelled"] == false)
    }

    @Test("another connection's wait is not ended")
    func other() throws {
        let daemon = try Daemon()
        let (one, other) = (try daemon.connect(), try daemon.connect())
        try one.send(request("queue.lease", #"{"queues":["q"],"wait_ms":60000}"#, id: "7"))
        _ = try one.result("system.ping")
        #expect(try other.result("system.cancel", #"{"id":7}"#)["cancelled"] == false)
    }
}
