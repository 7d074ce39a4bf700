import Testing

@Suite("The log of the daemon")
struct EventLogTests {
    @Test("tells of each event with what it is about, up to the last one before the end")
    func tells() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("error.report", #"{"message":"boom","_meta":{"correlation":"night-7"}}"#)
        try daemon.child.waitForErrors(containing: "kind=group.new")
        _ = try client.result("queue.configure", #"{"queue":"q","max_size":5}"#)
        try daemon.stop()
        let lines = daemon.child.errorText.split(separator: "\n")
        let pause = try #require(lines.first { $0.contains("kind=operator.call") })
        #expect(pause.contains("notice") && pause.contains("method=queue.configure") && pause.contains("queue=q"))
        #expect(lines.contains { $0.contains("group=1") && $0.contains("correlation=night-7") })
        #expect(lines.filter { $0.contains("kind=daemon.started") }.count == 1)
    }

    @Test("tells the events of its own run alone, and those that are loud enough")
    func again() throws {
        let daemon = try Daemon(configuration: "log: {level: warning}")
        _ = try daemon.connect().result("queue.configure", #"{"queue":"q","max_size":5}"#)
        _ = try daemon.connect().result("breaker.force", #"{"breaker":"b","state":"forced_open"}"#)
        try daemon.child.waitForErrors(containing: "kind=breaker.forced")
        try daemon.restart()
        _ = try daemon.connect().result("breaker.force", #"{"breaker":"c","state":"forced_open"}"#)
        try daemon.child.waitForErrors(containing: "breaker=c")
        #expect(!daemon.child.errorText.contains("breaker=b"))
        #expect(!daemon.child.errorText.contains("operator.call"))
    }
}
