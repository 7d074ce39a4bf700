import Glibc
import MendEngine
import MendProtocol
import NIOCore
import NIOPosix
import Synchronization

/// The server: sockets in front, the writer behind.
package final class Server: Sendable {
    /// What the server tells its owner.
    package struct Reports: Sendable {
        /// The writer is alive: told at least every `beatMs`.
        package var beat: @Sendable () -> Void
        /// The state failed. Where it is damaged, this may tell why the server goes on degraded; otherwise it ends the
        /// process, so that it begins again from what is on disk.
        package var failed: @Sendable (CommitFailed) -> MendProtocol.System.Health.Problem
        /// The server goes on degraded, and calls are told so.
        package var degraded: @Sendable (MendProtocol.System.Health.Problem) -> Void
        /// Whether new work is refused for want of space: told of each engine, and whenever it changes.
        package var space: @Sendable (Bool) -> Void
        /// Something was done to keep a limit, which the administrator should know of.
        package var warned: @Sendable (String) -> Void

        package init(
            beat: @escaping @Sendable () -> Void,
            failed: @escaping @Sendable (CommitFailed) -> MendProtocol.System.Health.Problem,
            degraded: @escaping @Sendable (MendProtocol.System.Health.Problem) -> Void,
            space: @escaping @Sendable (Bool) -> Void,
            warned: @escaping @Sendable (String) -> Void
        ) {
            self.beat = beat
            self.failed = failed
            self.degraded = degraded
            self.space = space
            self.warned = warned
        }
    }

    private let core: ServerCore
    private let reports: Reports
    private let beatMs: Int64
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<LoopState>]
    private let listening = Mutex<[(channel: any Channel, listener: Listener)]>([])
    /// Says that there are new events on disk, however many, for one reader: ``journalPage(_:after:)`` gives them.
    package let journalGrowth: AsyncStream<Void>
    private let tellJournalGrowth: AsyncStream<Void>.Continuation

    /// Begins degraded; `use(_:)` takes an engine into service.
    package init(
        settings: ServerSettings, clock: any Clock, problem: MendProtocol.System.Health.Problem, beatMs: Int64,
        reports: Reports
    ) throws {
        core = ServerCore(settings: settings, clock: clock, service: .degraded(problem), warn: reports.warned)
        self.reports = reports
        self.beatMs = beatMs
        group = MultiThreadedEventLoopGroup(numberOfThreads: settings.eventLoops)
        core.readers.start()
        loops = try group.makeIterator().map { [core] eventLoop in
            try eventLoop.submit {
                NIOLoopBound(LoopState(core: core, eventLoop: eventLoop), eventLoop: eventLoop)
            }.wait()
        }
        core.processes.start { [loops] process, user in
            // By each loop, so that it comes after what each has handed over; once ended, nothing is left to end.
            for loop in loops { loop.eventLoop.execute { loop.value.ended(process, user: user) } }
        }
        (journalGrowth, tellJournalGrowth) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var isDegraded: Bool {
        if case .degraded = core.service { true } else { false }
    }

    /// For how long the writer has been bringing something to disk; nothing while it is not.
    package var syncingForMs: Int64? {
        if case .running(let running) = core.service { running.writer.syncingForMs } else { nil }
    }

    /// Says from now on, in `system.health`, what is to be known besides.
    package func note(_ notices: [MendProtocol.System.Health.Notice]) { core.notices.withLock { $0 = notices } }

    /// Says anew why the state cannot be used. What the writer had not done will not be done.
    package func degrade(_ problem: MendProtocol.System.Health.Problem) {
        core.service = .degraded(problem)
        for loop in loops { loop.eventLoop.execute { loop.value.failWrites(problem) } }
    }

    /// A place in the journal of one state: in another one, the numbers may begin anew.
    package struct JournalPlace: Sendable {
        fileprivate let instance: String
        fileprivate let event: Int64
    }

    /// Events after a place, or after those that there were when the engine was taken into service, and the place after
    /// them; nothing while there is none.
    package func journalPage(
        _ filter: EventFilter, after place: JournalPlace?
    ) throws(CallError) -> (page: JournalPage, end: JournalPlace, isLast: Bool)? {
        guard case .running(let running) = core.service else { return nil }
        let event = place?.instance == running.instance ? place?.event : nil
        let page = try running.reader.page(filter, after: event ?? running.eventBefore)
        return (page, JournalPlace(instance: running.instance, event: page.through), page.through == event)
    }

    /// Takes an engine into service: from here on, calls are done.
    package func use(_ engine: sending Engine) {
        var reader = engine.reader
        let intake = engine.intake
        let (breakers, instance) = (engine.breakers, engine.instance)
        let (held, eventBefore) = (engine.heldProcesses, engine.lastEvent)
        core.isShortOfSpace.store(engine.isShortOfSpace, ordering: .relaxed)
        reports.space(engine.isShortOfSpace)
        let adoptionEndsMs = engine.hasOrphans ? core.clock.read().sinceBootMs + Engine.graceMs : nil
        let loops = self.loops
        let (calls, core) = (core.calls, self.core)
        let (reports, journalGrew) = (self.reports, tellJournalGrowth)
        let (writerStopped, tellWriterStopped) = AsyncStream<Void>.makeStream()
        let writer = Writer(
            engine: engine, clock: core.clock, beatMs: beatMs,
            reports: Writer.Reports(
                outcomes: { outcomes, areLong in
                    calls.commits.add(1, ordering: .relaxed)
                    Self.handOut(outcomes, to: loops)
                    guard areLong else { return }
                    // Their bytes are counted, and what leaves no room for them is closed, before there are more.
                    for loop in loops { try? loop.eventLoop.submit {}.wait() }
                },
                journalGrew: { event in
                    journalGrew.yield()
                    guard !core.follows.isZero else { return }
                    for loop in loops { loop.eventLoop.execute { loop.value.journalGrew(to: event) } }
                }, beat: reports.beat,
                space: { isShort in
                    guard core.isShortOfSpace.exchange(isShort, ordering: .relaxed) != isShort else { return }
                    reports.space(isShort)
                },
                failed: { [self] failure in
                    let problem = reports.failed(failure)
                    degrade(problem)
                    reports.degraded(problem)
                }, stopped: { tellWriterStopped.finish() }))
        reader.metDamage = { [weak writer] in writer?.fail($0) }
        core.service = .running(
            Running(
                writer: writer, writerStopped: writerStopped, reader: reader, intake: intake, breakers: breakers,
                instance: instance, eventBefore: eventBefore, adoptionEndsMs: adoptionEndsMs))
        let gone = held.filter { !core.processes.resume($0) }
        writer.submit(
            gone.map { process in
                .endOwner(
                    .process(process), duringRestart: true, ticket: .unanswered, caller: .daemon(for: process.uid))
            })
    }

    /// Takes other settings while it serves: of the engine with the next commit, of roles for connections that begin.
    package func configure(_ settings: EngineSettings, roles: RoleMap) {
        core.roles = roles
        guard case .running(let running) = core.service else { return }
        let intake = running.reader.intake(with: settings)
        core.service = .running(running.with(running.reader.with(settings), intake))
        running.writer.submit([.configure(settings, intake, ticket: .unanswered)])
    }

    /// One hand-over a loop.
    private static func handOut(_ outcomes: [CallOutcome], to loops: [NIOLoopBound<LoopState>]) {
        guard !outcomes.isEmpty else { return }
        if loops.count == 1, let only = loops.first {
            return only.eventLoop.execute { only.value.deliver(outcomes) }
        }
        var byLoop = Array(repeating: [CallOutcome](), count: loops.count)
        for outcome in outcomes {
            byLoop[(outcome.ticket.origin as? Origin)?.loopIndex ?? 0].append(outcome)
        }
        for (loop, outcomes) in zip(loops, byLoop) where !outcomes.isEmpty {
            loop.eventLoop.execute { loop.value.deliver(outcomes) }
        }
    }

    /// Takes connections on a socket that is bound already.
    package func listen(on listener: Listener) async throws {
        let (core, loops) = (self.core, self.loops)
        let bootstrap = ServerBootstrap(group: group)
            // Whoever comes after many waits for few rounds, and no round reads much from one.
            .serverChannelOption(.maxMessagesPerRead, value: 256)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // Each channel keeps the last one.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16384)
            )
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [name = listener.name] channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.admit(channel, through: name, core: core, loops: loops)
                }
            }
        let channel = try await bootstrap.withBoundSocket(listener.descriptor).get()
        // NIO has just called listen(2) with a backlog of its own, which is small.
        _ = try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                Glibc.listen($0, Listener.backlog)
            }
        }.get()
        listening.withLock { $0.append((channel, listener)) }
    }

    private static func admit(
        _ channel: any Channel, through socket: String?, core: ServerCore, loops: [NIOLoopBound<LoopState>]
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            // Accepted sockets do not have it; nothing is ever executed here, and this keeps it so.
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            return Peer(of: socket)
        }
        guard let peer = peer ?? nil, let index = loops.firstIndex(where: { $0.eventLoop === channel.eventLoop })
        else { throw ChannelError.eof }
        do {
            guard let caller = core.roles.caller(for: peer, through: socket) else {
                throw CallError(
                    .permissionDenied, "user \(peer.uid) has no role here",
                    hint: core.roles.hint(through: socket))
            }
            try core.connections.add(caller)
            if core.connections.all > fullBuffers { try limitBuffer(of: pipeline) }
            try pipeline.addHandler(Connection(loop: loops[index].value, loopIndex: index, caller: caller))
        } catch let error as CallError {
            try pipeline.addHandler(Refusal(error, loop: loops[index].value))
        }
    }

    /// So many connections have buffers in the kernel as large as usual, 208 KiB each, and the others small ones: what is in
    /// them is the daemon's memory, and in no count.
    private static let fullBuffers = 512

    private static func limitBuffer(of pipeline: ChannelPipeline.SynchronousOperations) throws {
        _ = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            // The kernel doubles it.
            var bytes: Int32 = 16 << 10
            setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Takes no more connections, answers what was read, brings it to disk, and ends.
    package func stop() async throws {
        let (sockets, core) = (listening.withLock { $0 }, self.core)
        core.processes.stop()
        for (channel, listener) in sockets {
            try? await channel.close().get()
            listener.remove()
        }
        for loop in loops {
            let done = loop.eventLoop.makePromise(of: Void.self)
            loop.eventLoop.execute { loop.value.stop { done.succeed() } }
            let tooLong = loop.eventLoop.scheduleTask(in: .milliseconds(core.settings.stopTimeoutMs)) {
                loop.value.closeAll()
            }
            try await done.futureResult.get()
            tooLong.cancel()
        }
        // Reads of connections that were not waited for end before what they read is closed.
        try await core.readers.shutdownGracefully()
        if case .running(let running) = core.service {
            running.writer.stop()
            for await _ in running.writerStopped {}
        }
        try await group.shutdownGracefully()
    }
}
