import Foundation
import MendEngine
import MendProtocol
import Testing

@testable import MendServer

@Suite("The writer")
struct WriterTests {
    private let path: String
    private let stopped: AsyncStream<Void>
    private let tellStopped: AsyncStream<Void>.Continuation

    init() throws {
        (stopped, tellStopped) = AsyncStream.makeStream()
        path = FileManager.default.temporaryDirectory.appending(path: "mend-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func engine() throws -> sending Engine {
        try Engine.open(
            StateDirectory(path), settings: EngineSettings(), reading: SystemClock().read(), seed: 1)
    }

    private func writer(_ engine: sending Engine, beatMs: Int64) -> Writer {
        Writer(
            engine: engine, clock: SystemClock(), beatMs: beatMs,
            reports: Writer.Reports(
                outcomes: { _, _ in }, journalGrew: { _ in }, beat: {}, space: { _ in },
                failed: { Issue.record("\($0)") },
                stopped: { [tellStopped] in tellStopped.finish() }))
    }

    /// Opens a breaker, and asks nobody to write that down.
    private func open(_ name: String, in table: BreakerTable, by writer: Writer) throws {
        let caller = Caller(uid: 1000, pid: 1, role: .client)
        for _ in 0..<5 {
            let call = TableCall(caller: caller, now: writer.now)
            let breaker = try #require(Name(name))
            let permit = try #require(try Breaker.Acquire(breaker: breaker).answer(from: table, call: call).permit)
            _ = try Breaker.Record(permit: permit, outcome: .failure).answer(from: table, call: call)
        }
    }

    private func state(of name: String) throws -> BreakerState? {
        let engine = try engine()
        return engine.breakers.list(limit: 10, now: engine.timeBase.moment(SystemClock().read())).breakers
            .first { $0.breaker.text == name }?.state
    }

    @Test("a stop writes the breakers that have changed and leaves no log behind")
    func stop() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let engine = try engine()
        let table = engine.breakers
        let writer = writer(engine, beatMs: 3_600_000)
        try open("b", in: table, by: writer)
        writer.stop()
        for await _ in stopped {}
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).contains { $0.hasSuffix("-wal") } == false)
        #expect(try state(of: "b") == .open)
    }

    @Test("what could not be written when it was asked for is written at the next sign of life")
    func beat() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let engine = try engine()
        let table = engine.breakers
        let writer = writer(engine, beatMs: 1)
        try open("b", in: table, by: writer)
        let deadline = ContinuousClock.now + .seconds(30)
        while table.hasUnsaved, ContinuousClock.now < deadline { await Task.yield() }
        #expect(!table.hasUnsaved)
        writer.stop()
        for await _ in stopped {}
    }
}
