import LoadKit

/// beanstalkd, with every write synced.
enum BeanstalkdPeer {
    static func plan(_ directory: String) -> Server.Plan {
        Server.Plan(
            name: "beanstalkd",
            arguments: ["beanstalkd", "-l", "unix:\(directory)/s", "-b", directory, "-f", "0"],
            socket: "\(directory)/s", greeting: "list-tube-used\r\n", welcome: "USING default")
    }

    static func put() -> OneRequest {
        OneRequest("put 100 0 60 \(Payload.size)\r\n\(Payload.text)\r\n") { $0.starts(with: "INSERTED ") }
    }

    /// Takes a job and ends it.
    static func reserve(connections: Int) -> TwoRequests {
        TwoRequests(
            connections: connections, first: "reserve-with-timeout 0\r\n", second: ["delete ", "\r\n"],
            linesOfFirstAnswer: 2,
            numbers: { answer in answer.integer(after: "RESERVED ").map { ($0, 0) } },
            isGood: { $0.starts(with: "DELETED\r\n") })
    }
}
