import MendProtocol
import Testing

@testable import MendEngine

@Suite("Previews of retry policies")
struct PolicyPreviewTests {
    @Test("a policy can be previewed: the dry run of a report tells what follows each attempt, and keeps nothing")
    func preview() throws {
        let t = try TestEngine()
        let policy = PolicyChoice.inline(
            RetryPolicy(
                strategy: .exponential, baseMs: PositiveMilliseconds(unchecked: 1_000), multiplier: 2,
                maxDelayMs: PositiveMilliseconds(unchecked: 5_000), jitter: RetryPolicy.Jitter.none,
                maxAttempts: Attempts(unchecked: 5)))
        let delays = try (Int64(1)...5).map { attempt in
            var report = Errors.Report(message: "")
            report.category = .transient
            report.policy = policy
            report.attempt = Attempts(unchecked: attempt)
            return try t.call(report, meta: Meta(dryRun: true)).retry.afterMs
        }
        #expect(delays == [1_000, 2_000, 4_000, 5_000, nil])
        #expect(try t.number("SELECT count(*) FROM errors") == 0)
    }
}
