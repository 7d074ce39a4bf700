import Glibc
import MendEngine
import MendProtocol
import MendWire
import NIOCore

/// One client: its bytes in, its answers out, in order and within its limits. It lives on its event loop.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let loop: LoopState
    let caller: Caller
    /// What its user has of the loop.
    let user: LoopUser
    private let loopIndex: Int
    private(set) var origin: Origin?
    private(set) var context: ChannelHandlerContext?

    private var framer: LineFramer
    var order = ReplyOrder()
    var calls: [UInt64: InFlight] = [:]
    var nextNumber: UInt64 = 0
    /// Writes that were handed over, and those of them that were answered; other calls wait for the ones before them.
    var writesSubmitted: UInt64 = 0
    var writesAnswered: UInt64 = 0
    var breakerChangesInFlight = 0
    var waiting: [WaitingCall] = []
    var isInLineForReader = false
    var needsRoomForAnswer = false
    /// Lines that are to be written at the end of this turn.
    var out: [UInt8] = []
    /// Leases that were not written yet, each with the place that its answer has among those in order.
    var unwrittenLeases: [(slot: UInt64?, operation: Int64, lease: Int64)] = []
    var follows = Follows()
    /// Whether anything was ever tied to this connection.
    var hasHolds = false
    /// When it began, in milliseconds since boot.
    let connectedAtMs: Int64
    /// Whether its numbers of processes are the daemon's; not known before it matters.
    var sharesProcessNumbers: Bool?
    /// What was read and not answered, and what was written and not taken by the client.
    private var bytesInFlight = 0
    /// What calls in flight take besides while the writer has them.
    private var bytesOfCopies = 0
    /// What of it was written and not taken, or is set aside for answers that are being read.
    private var bytesOfAnswers = 0
    /// What was last counted of a line that has not come whole.
    private var bytesOfLine = 0
    /// Lines that were written together and are held here until the client takes them.
    private var writesHeld = 0
    /// When the client last took something, or was first given something again.
    private var lastTaken: UInt64 = 0
    /// What the client had not taken when that was last looked at.
    private var leftToWrite: Int?

    /// Whether lines may have come that were not handled.
    private var hasLines = false
    /// Whether its lines wait until it is its user's turn.
    private var isInLine = false
    private var isReadPending = false
    private var isWaitingForRoom = false
    private var isInputClosed = false
    private(set) var isStopping = false
    private var isHandling = false
    /// The client is gone: what is still done is not answered.
    private(set) var isGone = false

    init(loop: LoopState, loopIndex: Int, caller: Caller) {
        self.loop = loop
        self.loopIndex = loopIndex
        self.caller = caller
        user = loop.user(caller.uid)
        framer = LineFramer(maxLineBytes: loop.core.settings.limits.lineBytes)
        connectedAtMs = loop.core.clock.read().sinceBootMs
    }

    var core: ServerCore { loop.core }
    var limits: MendProtocol.System.Hello.Limits { core.settings.limits }

    // MARK: The channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        origin = Origin(loopIndex: loopIndex, connection: NIOLoopBound(self, eventLoop: context.eventLoop))
        loop.add(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
        hasLines = true
        handleLines()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        isInputClosed = true
        handleLines()
        flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        core.connections.remove(caller.uid)
        isGone = true
        // What came before the client went away is done, though nobody is there to be answered.
        isHandling = true
        while framer.next({ self.handle($0) }) != nil {}
        for (number, call) in calls where call.mayWait { endWait(number) }
        returnLeases(unwrittenLeases.map { ($0.operation, $0.lease) })
        endHolds()
        endFollows()
        loop.count(bytes: -(bytesInFlight + bytesOfCopies), of: user)
        (bytesInFlight, bytesOfCopies) = (0, 0)
        // What waits for this connection may hold it for a while.
        framer = LineFramer(maxLineBytes: 0)
        noteHeldLine()
        waiting = []
        // The writer has these, and they take room until it has done them.
        calls = calls.filter { $0.value.write != nil && !$0.value.mayWait }
        for call in calls.values { loop.count(bytes: call.bytes + call.bytesOfCopies, of: user) }
        self.context = nil
        origin = nil
        loop.remove(self)
    }

    /// The channel wants to read on: only as long as the limits allow it.
    func read(context: ChannelHandlerContext) {
        if mayTakeMore { context.read() } else { isReadPending = true }
    }

    // MARK: Limits

    private var mayTakeMore: Bool { !isStopping && !isInLine && hasRoom }

    /// Whether the limits allow one more call.
    private var hasRoom: Bool {
        let bytes = bytesInFlight + out.count
        guard calls.count < limits.inFlight, bytes < limits.inFlightBytes else { return false }
        return hasRoom(beside: bytes)
    }

    /// Whether the bytes of all allow more to a connection that has so many of them; else it waits until they do.
    private func hasRoom(beside own: Int) -> Bool {
        if loop.hasRoom(beside: own, uncounted: out.count) { return true }
        if !isWaitingForRoom {
            isWaitingForRoom = true
            loop.waitForRoom(self)
        }
        return false
    }

    func count(bytes change: Int, copies: Int = 0) {
        // Once it is gone, nothing of it is in flight.
        guard !isGone else { return }
        bytesInFlight += change
        bytesOfCopies += copies
        loop.count(bytes: change + copies, of: user)
    }

    /// Counts an answer that is being made or written.
    func reserve(_ change: Int) {
        bytesOfAnswers += change
        count(bytes: change)
    }

    /// Whether the longest answer can be made now. Where the limits leave no room, there is one answer at a time.
    var hasRoomForAnswer: Bool {
        let own = bytesOfAnswers + out.count
        guard own == 0 || bytesInFlight + out.count + limits.lineBytes <= limits.inFlightBytes else { return false }
        return hasRoom(beside: own)
    }

    /// Whether the client has taken all that there was for it.
    var isDrained: Bool { bytesOfAnswers == 0 && out.isEmpty }

    /// Goes on where a limit had stopped it.
    func resume() {
        isWaitingForRoom = false
        handleLines()
        flush()
    }

    // MARK: Lines in

    private func handleLines() {
        guard !isHandling, !isInLine || isStopping else { return }
        guard hasLines, !isStopping else { return handleLines(until: .max) }
        let began = LoopState.now
        guard loop.mayHandle(linesOf: caller.uid, at: began) else { return getInLine() }
        handleLines(until: loop.isShared ? began + LineTurns<Connection>.turn : .max)
        loop.handled(linesOf: caller.uid, since: began)
    }

    private func getInLine() {
        isInLine = true
        loop.waitForTurn(self)
    }

    /// It is this connection's turn.
    func takeTurn() {
        isInLine = false
        guard context != nil else { return }
        handleLines(until: LoopState.now + LineTurns<Connection>.turn)
        flush()
    }

    /// - Parameter end: after which no line is begun, in the loop's nanoseconds.
    private func handleLines(until end: UInt64) {
        isHandling = true
        defer { isHandling = false }
        while hasLines, context != nil, hasRoom {
            if framer.next({ self.handle($0) }) == nil {
                hasLines = false
            } else if end != .max, LoopState.now >= end {
                return getInLine()
            }
        }
        if isInputClosed, !hasLines, mayTakeMore, framer.hasPartialLine {
            framer = LineFramer(maxLineBytes: limits.lineBytes)
            answerUnreadable(
                CallError(.parseError, "the last line has no end, so it was not executed", hint: "end it with LF"))
        }
    }

    private func handle(_ frame: LineFramer.Frame) {
        switch frame {
        case .tooLong:
            answerUnreadable(
                CallError(
                    .tooLarge, "the line has more than \(limits.lineBytes) bytes; it was skipped",
                    hint: "system.hello tells the limits"))
        case .line(let bytes):
            let wire = WireLimits(lineBytes: limits.lineBytes, batch: limits.batch, nesting: limits.nesting)
            take(RPCMessage.parse(bytes, limits: wire), bytes: bytes.count)
        }
    }

    /// Counts what is held of a line, and lets go of a long one where there are too many.
    private func countLine() {
        noteHeldLine()
        guard bytesOfLine > LoopState.sureLineBytes, !hasLines, loop.isFullOfLines else { return }
        framer.skipPartialLine()
        noteHeldLine()
        answerUnreadable(
            CallError(
                .unavailable, "there are too many long lines that have not come whole; this one was skipped",
                hint: "send it again, or in parts of at most \(LoopState.sureLineBytes) bytes", retryAfterMs: 1000))
    }

    private func noteHeldLine() {
        loop.count(bytesOfLine: framer.heldBytes - bytesOfLine)
        bytesOfLine = framer.heldBytes
    }

    // MARK: Lines out

    /// Writes what has gathered, and goes on reading or ends where that is due.
    func flush() {
        // Whoever handles lines flushes when they are done.
        guard !isHandling else { return }
        if framer.bufferedBytes > 0 { handleLines() }
        guard let context else { return }
        countLine()
        if !out.isEmpty { write(context) }
        startReadsThatFit()
        readFollowed()
        if calls.isEmpty, isStopping || isInputClosed, bytesInFlight == 0, !framer.hasPartialLine || isStopping {
            return context.close(promise: nil)
        }
        if isReadPending, mayTakeMore {
            isReadPending = false
            context.read()
        }
    }

    private func write(_ context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(bytes: out)
        let size = out.count
        let leases = takeLeasesInOut()
        out.removeAll(keepingCapacity: size < 4096)
        reserve(size)
        writesHeld += 1
        if writesHeld == 1 { lastTaken = LoopState.now }
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { result in
            if case .failure = result { self.returnLeases(leases) }
            guard self.context != nil else { return }
            self.reserve(-size)
            self.writesHeld -= 1
            self.lastTaken = LoopState.now
            self.flush()
        }
    }

    /// Leases whose answers are among the lines that go out now; others wait for answers before theirs.
    private func takeLeasesInOut() -> [(operation: Int64, lease: Int64)] {
        guard !unwrittenLeases.isEmpty else { return [] }
        let end = unwrittenLeases.partition { lease in lease.slot.map(order.hasPassed) ?? true }
        defer { unwrittenLeases.removeSubrange(end...) }
        return unwrittenLeases[end...].map { ($0.operation, $0.lease) }
    }

    // MARK: The end

    /// Answers what was read, and ends.
    func stop() {
        isStopping = true
        handleLines()
        let error = CallError(
            .shuttingDown, "the daemon is stopping, and the wait ends with it", hint: "connect again and ask again",
            retryAfterMs: 1000)
        for (number, call) in calls where call.mayWait {
            endWait(number)
            answer(number, .failure(error))
        }
        flush()
    }

    /// Ends where all is done but for a client that has taken nothing of its answers since this was last asked.
    func closeIfDeaf() {
        guard let context, calls.isEmpty else { return }
        let left = Self.untaken(by: context.channel)
        if let left, left == leftToWrite { return close() }
        leftToWrite = left
    }

    /// Bytes that were written and that the client has not read: those in the channel, and those in the kernel.
    private static func untaken(by channel: any Channel) -> Int? {
        guard let left = try? channel.syncOptions?.getOption(.bufferedWritableBytes) else { return nil }
        let inKernel = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { socket in
            var count: Int32 = 0
            return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
        }
        return left + (inKernel ?? 0)
    }

    /// Since when the client has taken nothing of what is held for it, as far as was looked; nothing where nothing is held.
    func deafSince(at now: UInt64) -> UInt64? {
        guard writesHeld > 0, let context else { return nil }
        let left = Self.untaken(by: context.channel)
        if let left, let before = leftToWrite, left < before { lastTaken = now }
        leftToWrite = left
        return lastTaken
    }

    func close() { context?.close(promise: nil) }
}
