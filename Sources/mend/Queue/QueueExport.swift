import MendClient
import MendProtocol
import MendWire

/// An export that is under way.
struct QueueExport {
    /// What waits, and is in nobody's hands.
    private static let waiting: Set<OperationState> = [.ready, .scheduled, .parked]
    /// Payloads that are on the way at once.
    private static let window = 32

    let client: BlockingClient
    let known: [Name: QueueInfo]
    /// What is written; nothing for what waits.
    let states: Set<OperationState>
    let descriptor: Int32
    var bar: ProgressBar
    private(set) var count: Int64 = 0
    /// Those whose payloads were not told.
    private(set) var untold = 0
    /// Those that were passed over because somebody has them.
    private(set) var inHands = 0

    /// How many there were at the beginning.
    private let total: Int64

    /// - Parameter known: the queues that are meant.
    init(
        client: BlockingClient, known: [Name: QueueInfo], states: Set<OperationState>, descriptor: Int32,
        bar: ProgressBar
    ) {
        (self.client, self.known, self.states) = (client, known, states)
        (self.descriptor, self.bar) = (descriptor, bar)
        let counted = states.isEmpty ? Self.waiting : states
        total = known.values.reduce(0) { sum, info in counted.reduce(sum) { $0 + info.counts[$1] } }
    }

    /// In the order of ids, which lanes and equal priorities go by.
    mutating func add(_ queue: Name?) throws {
        var list = Queue.List(queue: queue, limit: PageSize(1000))
        if states.count == 1 { list.state = states.first }
        repeat {
            let page = try client.call(list)
            let wanted = page.operations.filter { isWanted($0.state) }
            if states.isEmpty { inHands += page.operations.count { $0.state == .leased || $0.state == .held } }
            try write(wanted.map(\.operation))
            list.after = page.next
        } while list.after != nil
    }

    private func isWanted(_ state: OperationState) -> Bool {
        (states.isEmpty ? Self.waiting : states).contains(state)
    }

    private mutating func write(_ operations: [Int64]) throws {
        for start in stride(from: 0, to: operations.count, by: Self.window) {
            let calls = operations[start..<min(start + Self.window, operations.count)].map { Queue.Get(operation: $0) }
            var text = ""
            for answer in client.callAll(calls) {
                switch answer {
                case .failure(.failed(let call)) where call.reason == .notFound: continue
                case .failure(let error): throw error
                case .success(let info):
                    // It may have gone on since it was listed.
                    guard isWanted(info.state) else { continue }
                    guard let line = try line(info) else {
                        untold += 1
                        continue
                    }
                    text += try WireEncoder.text(of: line) + "\n"
                    count += 1
                }
            }
            try Screen.write(text, to: descriptor)
            bar.show(count, share: total > 0 ? Double(count) / Double(total) : nil)
        }
    }

    private func line(_ info: OperationInfo) throws -> OperationLine? {
        var info = info
        // One that is null looks as if there were none.
        if info.payload == nil, try client.callValue(Queue.Get(operation: info.operation))["payload"] != nil {
            info.payload = .null
        }
        return OperationLine(
            info, queueBreaker: known[info.queue]?.settings.breaker, nowMs: WallClock.system().nowMs)
    }
}
