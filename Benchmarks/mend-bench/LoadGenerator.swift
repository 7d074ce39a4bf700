import Glibc
import LoadKit

/// How much is asked of a server.
struct LoadPlan {
    let connections: Int
    /// Requests that a connection sends ahead of their answers.
    let inFlight: Int
    /// Units of work before the clock starts.
    let warmup: Int
    /// Units of work that are measured; nil goes on until an interruption.
    let units: Int?

    /// As many units as a load of this plan may begin: those in flight at its end are answered too.
    var mostUnits: Int { warmup + (units ?? 0) + connections * inFlight }
}

/// What a load measured.
struct LoadResult {
    let units: Int
    let perSecond: Double
    /// Microseconds of CPU that the generator itself spent on a unit.
    let ownCost: Double
    /// Only with one request in flight: the time of a unit, from its first request to its last answer.
    let latency: Latencies.Summary?
}

/// One thread that keeps many connections busy: the same for every server, so that the client's cost is the same.
struct LoadGenerator<Talk: Conversation>: ~Copyable {
    private var talk: Talk
    private let plan: LoadPlan
    private let epoll: Epoll
    private var lines: [Line]

    private var outstanding: Int
    private var completed: Int
    private var isEnding: Bool
    private var began: Mark
    private var ended: Mark
    private var latencies: Latencies

    init(_ talk: Talk, _ plan: LoadPlan, socket: String) throws {
        let epoll = try Epoll()
        let lines = try Line.open(
            plan.connections, to: socket, outputSize: talk.longestRequest * plan.inFlight, watchedBy: epoll)
        self.talk = talk
        self.plan = plan
        self.epoll = epoll
        self.lines = lines
        outstanding = 0
        completed = 0
        isEnding = false
        began = Mark()
        ended = began
        latencies = Latencies(capacity: plan.inFlight == 1 ? plan.units ?? 0 : 0)
    }

    deinit {
        for line in lines { line.release() }
    }

    /// Runs the load. An answer that is not good ends it with that answer as the failure.
    mutating func run() throws -> LoadResult {
        began = Mark()
        for index in lines.indices {
            lines[index].unitBegan = Clock.now()
            for _ in 0..<plan.inFlight { ask(index) }
            try flush(index)
        }
        while outstanding > 0 {
            if Interruption.requested {
                guard plan.units == nil else { throw Interrupted() }
                ended = Mark()
                break
            }
            // With one connection there is nothing to choose from: its read blocks.
            if lines.count == 1, !lines[0].hasUnsent {
                try receive(0, flags: 0)
            } else {
                try serveReady()
            }
        }
        return result()
    }

    private mutating func serveReady() throws {
        for position in 0..<(try epoll.next()) {
            let event = epoll[position]
            if event.isWritable { try flush(event.index) }
            if event.isReadable { try receive(event.index, flags: Int32(MSG_DONTWAIT)) }
        }
    }

    private mutating func receive(_ index: Int, flags: Int32) throws {
        let line = lines[index]
        let count = recv(line.descriptor, line.input + line.received, Line.inputSize - line.received, flags)
        if count < 0, errno == EINTR || (errno == EAGAIN && flags != 0) { return }
        guard count > 0 else {
            if count < 0, errno == EAGAIN { throw LoadFailure("no answer in 30 s") }
            throw count == 0 ? LoadFailure("the connection was closed") : LoadFailure.system("receive")
        }
        let now = plan.inFlight == 1 ? Clock.now() : 0
        let total = line.received + count
        var position = 0
        hearing: while position < total {
            let input = UnsafeRawBufferPointer(start: line.input + position, count: total - position)
            switch talk.hear(on: index, input) {
            case .incomplete:
                break hearing
            case .bad:
                let shown = UnsafeRawBufferPointer(rebasing: input.prefix(input.firstLine() ?? 1_000))
                throw LoadFailure("unexpected answer: \(String(decoding: shown, as: UTF8.self))")
            case .good(let length, let endsUnit):
                position += length
                outstanding -= 1
                if endsUnit { endUnit(index, now) }
                if !(endsUnit && isEnding) { ask(index) }
            }
        }
        let rest = total - position
        guard rest < Line.inputSize else { throw LoadFailure("an answer is longer than \(Line.inputSize) bytes") }
        if rest > 0, position > 0 { memmove(line.input, line.input + position, rest) }
        lines[index].received = rest
        try flush(index)
    }

    @inline(__always)
    private mutating func endUnit(_ index: Int, _ now: UInt64) {
        completed += 1
        if plan.inFlight == 1 {
            if completed > plan.warmup, !isEnding, plan.units != nil {
                latencies.add(now - lines[index].unitBegan)
            }
            lines[index].unitBegan = now
        }
        if completed == plan.warmup { began = Mark() }
        if let units = plan.units, completed == plan.warmup + units {
            ended = Mark()
            isEnding = true
        }
    }

    @inline(__always)
    private mutating func ask(_ index: Int) {
        lines[index].unsent += talk.ask(on: index, into: lines[index].output + lines[index].unsent)
        outstanding += 1
    }

    private mutating func flush(_ index: Int) throws {
        guard lines[index].hasUnsent else { return }
        let line = lines[index]
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        var sent = send(line.descriptor, line.output, line.unsent, flags)
        if sent < 0 {
            guard errno == EAGAIN || errno == EINTR else { throw LoadFailure.system("send") }
            sent = 0
        }
        if sent > 0, sent < line.unsent { memmove(line.output, line.output + sent, line.unsent - sent) }
        lines[index].unsent -= sent
        if lines[index].hasUnsent != line.isBlocked {
            lines[index].isBlocked = lines[index].hasUnsent
            try epoll.setWriting(lines[index].isBlocked, line.descriptor, index: index)
        }
    }

    private func result() -> LoadResult {
        let units = plan.units ?? max(0, completed - plan.warmup)
        return LoadResult(
            units: units,
            perSecond: Double(units) / (Double(ended.time - began.time) / 1e9),
            ownCost: Double(ended.cost - began.cost) / 1e3 / Double(max(1, units)),
            latency: plan.inFlight == 1 && plan.units != nil ? latencies.summary() : nil)
    }
}

/// A reading of both clocks.
private struct Mark {
    let time = Clock.now()
    let cost = Clock.processorTime()
}

/// One connection and its buffers.
private struct Line {
    static let inputSize = 65_536

    let descriptor: Int32
    let input: UnsafeMutableRawPointer
    let output: UnsafeMutableRawPointer
    var received = 0
    var unsent = 0
    /// Whether the kernel took less than was given.
    var isBlocked = false
    var unitBegan: UInt64 = 0

    init(descriptor: Int32, outputSize: Int) {
        self.descriptor = descriptor
        input = .allocate(byteCount: Self.inputSize, alignment: 64)
        output = .allocate(byteCount: outputSize, alignment: 64)
    }

    static func open(
        _ count: Int, to socket: String, outputSize: Int, watchedBy epoll: borrowing Epoll
    ) throws -> [Line] {
        var lines: [Line] = []
        do {
            for index in 0..<count {
                lines.append(Line(descriptor: try UnixSocket.connect(to: socket), outputSize: outputSize))
                try epoll.add(lines[index].descriptor, index: index)
            }
            return lines
        } catch {
            for line in lines { line.release() }
            throw error
        }
    }

    var hasUnsent: Bool { unsent > 0 }

    func release() {
        close(descriptor)
        input.deallocate()
        output.deallocate()
    }
}
