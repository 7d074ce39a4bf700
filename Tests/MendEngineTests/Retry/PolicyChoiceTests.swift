import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Choosing a retry policy")
struct PolicyChoiceTests {
    static func inline(_ json: String) throws -> ResolvedPolicy {
        let policy = try WireDecoder.decode(RetryPolicy.self, from: JSONDocument(parsing: json).root)
        return try ResolvedPolicy(.inline(policy))
    }

    @Test("where nothing is chosen the default holds")
    func none() throws {
        #expect(try ResolvedPolicy(nil) == .standard)
        #expect(try ResolvedPolicy(nil, default: .docker) == .docker)
    }

    @Test(
        "the shipped policies have the attempts and the first delays that they are documented with",
        arguments: [
            ("quick", 3, 500), ("standard", 5, 1_000), ("patient", 10, 2_000), ("network", 5, 1_000),
            ("docker", 5, 5_000),
        ]
            as [(String, Int64, Int64)])
    func shipped(name: String, attempts: Int64, base: Int64) throws {
        let policy = try ResolvedPolicy(.named(#require(Name(name))))
        #expect(policy.maxAttempts == attempts)
        #expect(policy.baseMs == base)
    }

    @Test("the network policy stays between 1 and 30 seconds")
    func network() {
        var random = RandomSource(seed: 5)
        var last: Int64?
        for attempt in 1...1_000 {
            let delay = ResolvedPolicy.network.delayMs(afterAttempt: Int64(attempt), lastDelayMs: last, random: &random)
            #expect((1_000...30_000).contains(delay))
            last = delay
        }
    }

    @Test("every shipped policy would be accepted if it were written out")
    func shippedAreValid() throws {
        for (_, policy) in ResolvedPolicy.shipped {
            #expect(try Self.inline(WireEncoder.text(of: policy)) == policy)
        }
    }

    @Test("an unknown name is refused, and the known ones are named")
    func unknownName() throws {
        let name = try #require(Name("fast"))
        let error = try #require(throws: CallError.self) { try ResolvedPolicy(.named(name), field: "error.policy") }
        #expect(error.reason == .invalidParams)
        #expect(error.field == "error.policy")
        #expect(error.hint == "one of quick, standard, patient, network, docker, or a policy written out")
    }

    @Test("what a written-out policy leaves out is as in standard")
    func defaults() throws {
        #expect(try Self.inline("{}") == .standard)
        var expected = ResolvedPolicy.standard
        expected.strategy = .fixed
        expected.maxElapsedMs = 9
        #expect(try Self.inline(#"{"strategy": "fixed", "max_elapsed_ms": 9}"#) == expected)
    }

    @Test("a limit that is named alone moves the other one along")
    func oneLimit() throws {
        #expect(try Self.inline(#"{"base_ms": 600000}"#).maxDelayMs == 600_000)
        #expect(try Self.inline(#"{"max_delay_ms": 300}"#).baseMs == 300)
    }

    @Test(
        "what cannot be meant is refused with the member at fault",
        arguments: [
            (#"{"base_ms": 10, "max_delay_ms": 9}"#, "policy.base_ms"),
            (#"{"multiplier": 0.99}"#, "policy.multiplier"),
            (#"{"multiplier": -2}"#, "policy.multiplier"),
            (#"{"multiplier": 100.5}"#, "policy.multiplier"),
        ])
    func refused(json: String, field: String) throws {
        let error = try #require(throws: CallError.self) { try Self.inline(json) }
        #expect(error.reason == .invalidParams)
        #expect(error.field == field)
    }

    @Test("a multiplier that is no number or infinite is refused", arguments: [Double.nan, .infinity])
    func notFinite(multiplier: Double) {
        #expect(throws: CallError.self) { try ResolvedPolicy(.inline(RetryPolicy(multiplier: multiplier))) }
    }

    @Test("a policy comes back from its JSON as it was")
    func codable() throws {
        let policy = ResolvedPolicy(
            strategy: .linear, baseMs: 1, multiplier: 1.25, maxDelayMs: 2, jitter: .full, maxAttempts: 3,
            maxElapsedMs: 4)
        let document = try JSONDocument(parsing: WireEncoder.text(of: policy))
        #expect(try WireDecoder.decode(ResolvedPolicy.self, from: document.root) == policy)
    }
}
