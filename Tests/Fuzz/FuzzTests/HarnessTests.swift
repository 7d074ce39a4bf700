import GRDB
import MendWire
import Testing

@testable import FuzzHarness

@Suite("The fuzzer's own judges")
struct HarnessTests {
    private func isJSON(_ text: String) -> Bool { PlainJSON(Array(text.utf8), maxDepth: 4) != nil }

    @Test(
        "the plain reading takes what is JSON",
        arguments: [
            "null", " [ ] ", "{}", #"{"a":[1,-0.5e+3,true]}"#, #""\u00e4\ud83d\ude00\n""#, "[[[[]]]]", "0",
            "ä".debugDescription,
        ])
    func taken(text: String) { #expect(isJSON(text)) }

    @Test(
        "the plain reading refuses what is not JSON",
        arguments: [
            "", "nul", "01", "1.", ".5", "+1", "1e", "[1,]", "{,}", #"{"a"}"#, #"{"a":1,}"#, "[", #"""#, #""\x""#,
            #""\ud800""#, #""\u12+4""#, "\"\t\"", "[[[[[]]]]]", "1 2", "{1:2}",
        ])
    func refused(text: String) { #expect(!isJSON(text)) }

    @Test("the plain reading refuses what is not UTF-8")
    func bytes() { #expect(PlainJSON([0x22, 0xFF, 0x22], maxDepth: 4) == nil) }

    @Test(
        "an answer that is not as it should be is a finding",
        arguments: [
            #"{"jsonrpc":"2.0","id":2,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":1}"#,
            #"{"jsonrpc":"2.0","id":1}"#, #"{"id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":{}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"m"}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"m","data":{"reason":"conflict","retryable":true}}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m","#
                + #""data":{"reason":"internal_error","retryable":false}}}"#,
        ])
    func wrongAnswer(line: String) {
        #expect(throws: Finding.self) { try LineJudge.checkAnswer(Array("\(line)\n".utf8), to: Array("1".utf8)) }
    }

    @Test("a right answer is none")
    func rightAnswer() throws {
        #expect(
            try LineJudge.checkAnswer(Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n".utf8), to: [0x31]) == nil)
    }

    @Test("a line that the wire reads otherwise than it should be read is a finding")
    func wrongReading() throws {
        let request = Array(#"{"jsonrpc":"2.0","id":1,"method":"a"}"#.utf8)
        let other = Array(#"{"jsonrpc":"2.0","id":1.0,"method":"a"}"#.utf8)
        let judge = LineJudge(request, limits: WireLimits())
        try judge.compare(with: request.withUnsafeBytes { RPCMessage.parse($0) })
        #expect(throws: Finding.self) { try judge.compare(with: other.withUnsafeBytes { RPCMessage.parse($0) }) }
    }

    @Test("a story does the same each time, and its waits are answered in time")
    func story() throws {
        let story = """
            {"jsonrpc":"2.0","id":1,"method":"queue.lease","params":{"queues":["a"],"wait_ms":5000}}
            @wait 1000
            {"jsonrpc":"2.0","id":2,"method":"queue.enqueue","params":{"queue":"a","payload":1}}
            {"jsonrpc":"2.0","id":3,"method":"queue.lease","params":{"queues":["a"],"wait_ms":5000}}
            not JSON
            {"jsonrpc":"2.0","method":"queue.enqueue","params":{"queue":"b","payload":1}}
            """
        let runner = try EngineRunner()
        let first = try runner.run(Array(story.utf8))
        let second = try runner.run(Array(story.utf8))
        #expect(first == second)
        #expect(first.lines == 5 && first.results == 3 && first.refusals == 1)
        #expect(first.late == 2 && first.notifications == 1)
    }

    /// Runs an enqueue on a state in which something happens behind the engine's back.
    private func finding(planted trigger: String) throws -> Finding? {
        let database = try DatabaseQueue()
        let probe = try EngineProbe(on: database)
        try database.write { try $0.execute(sql: trigger) }
        let line = #"{"jsonrpc":"2.0","id":1,"method":"queue.enqueue","params":{"queue":"a","payload":1}}"#
        return #expect(throws: Finding.self) { try probe.run(Array(line.utf8)) }
    }

    @Test("counters that disagree with the operations are a finding")
    func plantedLoss() throws {
        let found = try finding(
            planted: "CREATE TRIGGER planted AFTER INSERT ON operations BEGIN DELETE FROM operations; END")
        #expect(found?.description == "queue a says 1 ready, and has 0")
    }

    @Test("an internal error is a finding")
    func plantedError() throws {
        let found = try finding(
            planted: "CREATE TRIGGER planted BEFORE INSERT ON operations BEGIN SELECT RAISE(ABORT, 'planted'); END")
        #expect(found?.description.contains("an internal error") == true)
    }

    @Test("the mutator does the same for the same seed, and a new line is a call or a direction")
    func mutator() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var (one, other) = (
                StoryMutator(seed: seed, hasDirections: true), StoryMutator(seed: seed, hasDirections: true)
            )
            let line = one.mutate([])
            #expect(other.mutate([]) == line)
            #expect(
                line.starts(with: "{".utf8) || line.starts(with: "@".utf8) || line.starts(with: "[".utf8)
                    || line == [10])
        }
    }
}
