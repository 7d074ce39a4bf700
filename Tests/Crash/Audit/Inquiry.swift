import Glibc
import LoadKit
import MendWire

/// Questions, many at a time, on a connection of their own.
final class Inquiry {
    private let socket: Int32
    private var reader = LineReader()

    init(_ path: String) throws { socket = try UnixSocket.connect(to: path) }

    deinit { close(socket) }

    /// Asks one thing.
    func ask(_ method: String, _ params: String = "") throws -> JSONValue {
        var found: JSONValue?
        try ask([(method, params)]) { _, answer in found = answer }
        guard let found else { throw LoadFailure("no answer to \(method)") }
        return found
    }

    /// Hands out the answer of each question by its number, in the order of the answers: reads overtake each other.
    func ask(_ questions: [(method: String, params: String)], _ hear: (Int, JSONValue) throws -> Void) throws {
        let window = 256
        for start in stride(from: 0, to: questions.count, by: window) {
            try Interruption.check()
            let end = min(questions.count, start + window)
            var text = ""
            for id in start..<end {
                let (method, params) = questions[id]
                text += #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(params)}}"# + "\n"
            }
            try send(Array(text.utf8))
            var open = Set(start..<end)
            while !open.isEmpty {
                let answer = try reader.next(from: socket)
                guard let id = answer["id"]?.integerValue, open.remove(id) != nil else {
                    throw LoadFailure("an answer to no question: \(answer.rawText)")
                }
                try hear(id, answer)
            }
        }
    }

    /// Every element of a list, page by page.
    func list(_ method: String, _ member: String, _ filter: String = "", _ hear: (JSONValue) throws -> Void) throws {
        var after = ""
        while true {
            try Interruption.check()
            let answer = try ask(
                method, [#""limit":1000"#, filter, after].filter { !$0.isEmpty }.joined(separator: ","))
            guard let result = answer["result"], let elements = result[member]?.elements else {
                throw LoadFailure("\(method): \(answer.rawText)")
            }
            for element in elements { try hear(element) }
            guard let next = result["next"]?.rawText else { return }
            after = #""after":\#(next)"#
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw LoadFailure.system("send") }
            sent += count
        }
    }
}
