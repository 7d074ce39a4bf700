import Glibc
import LoadKit
import MendWire

/// A process that does the undos of R3. What it does is a line on its standard output, which is a file that outlives it;
/// at the point where it is to be killed it says so, and stops itself.
///
/// Without its daemon it waits for it to come back and presents its lease again, as a client library does.
struct UndoWorker {
    /// Where it stops: a point of each undo of a step below a number.
    struct Stop {
        let point: String
        let belowStep: Int

        /// Read from `leased:7`.
        init(_ text: String) throws {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let step = Int(parts[1]) else { throw LoadFailure("--stop-at POINT:STEP") }
            point = String(parts[0])
            belowStep = step
        }

        var text: String { "\(point):\(belowStep)" }
    }

    /// The points of one undo, in their order: the lease is here; the undo is done; its end is asked; its end is told.
    static let points = ["leased", "undone", "asked", "completed"]

    let socket: String
    let stop: Stop
    private var link: Int32 = -1
    private var reader = LineReader()

    init(socket: String, stop: Stop) {
        self.socket = socket
        self.stop = stop
    }

    mutating func run() throws {
        let lease =
            #"{"jsonrpc":"2.0","id":1,"method":"queue.lease","params":{"queues":["\#(Work.undoQueue)"],"#
            + #""wait_ms":200,"lease_ms":60000,"hold":"connection"}}"# + "\n"
        while true {
            let leased = try call(lease)
            guard let operation = leased["result"]?["operations"]?.elements.first(where: { _ in true }) else {
                continue
            }
            guard let step = operation["step"]?.integerValue, let id = operation["operation"]?.integerValue,
                let token = operation["lease"]?.integerValue
            else { throw LoadFailure("no undo: \(operation.rawText)") }
            passed("leased", step)
            passed("undone", step)
            let complete =
                #"{"jsonrpc":"2.0","id":2,"method":"queue.complete","params":{"operation":\#(id),"lease":\#(token)}}"#
                + "\n"
            let answer = try call(complete) { [self] in passed("asked", step) }
            if answer["result"] == nil { say("refused \(step) \(answer.rawText)") }
            passed("completed", step)
        }
    }

    private func passed(_ point: String, _ step: Int) {
        say("\(point) \(step)")
        guard point == stop.point, step < stop.belowStep else { return }
        say("at \(point):\(step)")
        raise(SIGSTOP)
    }

    private func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        write(STDOUT_FILENO, bytes, bytes.count)
    }

    /// Asks until there is an answer, over new connections where one has ended.
    private mutating func call(_ line: String, sent: () -> Void = {}) throws -> JSONValue {
        let deadline = Clock.now() + 20_000_000_000
        var isFirst = true
        while Clock.now() < deadline {
            do {
                if link < 0 {
                    link = try UnixSocket.connect(to: socket)
                    reader = LineReader()
                }
                let bytes = Array(line.utf8)
                guard send(link, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                    throw LoadFailure.system("send")
                }
                if isFirst { sent() }
                isFirst = false
                return try reader.next(from: link)
            } catch is LoadFailure {
                if link >= 0 { close(link) }
                link = -1
                Clock.pause(milliseconds: 5)
            }
        }
        throw LoadFailure("the daemon did not come back")
    }
}
