import LoadKit

/// Mend's daemon, and the calls of it that are measured.
enum MendPeer {
    static let ping = #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"# + "\n"
    static let acquire = #"{"jsonrpc":"2.0","id":1,"method":"breaker.acquire","params":{"breaker":"billing"}}"# + "\n"
    /// Cut where the permit stands.
    static let record = [
        #"{"jsonrpc":"2.0","id":2,"method":"breaker.record","params":{"permit":"#, #","outcome":"success"}}"# + "\n",
    ]

    /// The daemon, with room for every operation that a measure enqueues.
    static func plan(program: String) -> (String) -> Server.Plan {
        { directory in
            Server.Plan(
                name: "mendd",
                arguments: [program, "--socket", "\(directory)/s", "--state", "\(directory)/state"],
                settings: ["MEND_QUEUE_MAX_SIZE": "100000000"],
                socket: "\(directory)/s", greeting: ping, welcome: #""result""#)
        }
    }

    static func lease(connections: Int) -> TwoRequests {
        TwoRequests(
            connections: connections,
            first: #"{"jsonrpc":"2.0","id":1,"method":"queue.lease","params":"#
                + #"{"queues":["bench"],"max":1,"lease_ms":60000}}"# + "\n",
            second: [
                #"{"jsonrpc":"2.0","id":2,"method":"queue.complete","params":{"operation":"#, #","lease":"#, "}}\n",
            ],
            numbers: { answer in
                guard isResult(answer), let operation = answer.integer(after: #""operation":"#),
                    let lease = answer.integer(after: #""lease":"#)
                else { return nil }
                return (operation, lease)
            },
            isGood: { isResult($0) && $0.contains(#""state":"done""#) })
    }

    /// Asks a breaker and tells it that all went well.
    static func breaker(connections: Int) -> TwoRequests {
        TwoRequests(
            connections: connections, first: acquire, second: record,
            numbers: { answer in
                guard isResult(answer), answer.contains(#""granted":true"#) else { return nil }
                return answer.integer(after: #""permit":"#).map { ($0, 0) }
            },
            isGood: { isResult($0) && $0.contains(#""state":"closed""#) })
    }

    static func isResult(_ answer: UnsafeRawBufferPointer) -> Bool {
        answer.contains(#""result":"#) && !answer.contains(#""error":"#)
    }
}

/// Durable enqueues. The ids of a connection's requests count up, and its answers must come in that order.
struct MendEnqueue: Conversation {
    private static let firstID = 1_000
    private static let ids = 9_000

    private let start = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    private let end = Array(
        (#","method":"queue.enqueue","params":{"queue":"bench","payload":"# + Payload.text + "}}\n").utf8)
    private var asked: [Int]
    private var heard: [Int]

    init(connections: Int) {
        asked = Array(repeating: 0, count: connections)
        heard = asked
    }

    var longestRequest: Int { start.count + 4 + end.count }

    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int {
        var length = output.put(start)
        length += (output + length).put(decimal: Self.firstID + asked[connection])
        length += (output + length).put(end)
        asked[connection] = (asked[connection] + 1) % Self.ids
        return length
    }

    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing {
        guard let length = input.firstLine() else { return .incomplete }
        let answer = UnsafeRawBufferPointer(rebasing: input[..<length])
        guard MendPeer.isResult(answer), answer.contains(#""operation":"#),
            answer.integer(after: #""id":"#) == Self.firstID + heard[connection]
        else { return .bad }
        heard[connection] = (heard[connection] + 1) % Self.ids
        return .good(length: length, endsUnit: true)
    }
}
