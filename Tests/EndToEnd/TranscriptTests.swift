import Testing

@Suite("What is written about the wire is what the daemon does")
struct TranscriptTests {
    static let document = "protocol/PROTOCOL.md"

    static let transcripts = Result {
        try Transcript.all(inDocument: document) + Transcript.all(inFolder: "protocol/transcripts")
    }

    @Test("there is one for every method")
    func everyMethod() throws {
        let transcripts = try Self.transcripts.get()
        var methods: Set<String> = ["rpc.discover"]  // Its answer is long, and is `openrpc.json`.
        for case .send(let line) in transcripts.flatMap(\.lines) {
            if let request = try? JSON(line), let method = request["method"].text { methods.insert(method) }
        }
        let document = try JSON(Package.text(of: "protocol/openrpc.json"))
        let all = Set(document["methods"].elements.compactMap { $0["name"].text })
        #expect(all.subtracting(methods) == [])
        #expect(all.count > 30)
    }

    @Test("there is one for every reason of a failure that a conversation can bring about")
    func everyReason() throws {
        // A fault of the daemon's own, a disk that is full, and a writer that has no time in the very moment of a call: no
        // message does that. `Tests/Faults/disk-full.sh` and the engine's own tests do.
        var reasons: Set<String> = ["internal_error", "disk_full", "deadline_exceeded"]
        for case .receive(let answer) in try Self.transcripts.get().flatMap(\.lines) {
            if let reason = answer.reason.text { reasons.insert(reason) }
        }
        let table = try Package.text(of: Self.document).matches(of: /\| `([a-z_]+)` \| -32\d+ \|/)
        let all = Set(table.map { String($0.1) })
        #expect(all.subtracting(reasons) == [])
        #expect(all.count > 15)
    }

    @Test("each conversation goes as it is written", arguments: (try? transcripts.get()) ?? [])
    func replay(transcript: Transcript) throws {
        let host = try TranscriptHost(transcript.given)
        let client = try host.connect()
        var outgoing: [String] = []
        // What is sent together in one piece is sent so here.
        func flush() throws {
            if !outgoing.isEmpty { try client.send(outgoing) }
            outgoing = []
        }
        for line in transcript.lines {
            switch line {
            case .send(let text): outgoing.append(text)
            case .signal(let number):
                try flush()
                host.signal(number)
            case .receive(let expected):
                try flush()
                let answer = try client.answer()
                #expect(answer.matches(host.here(expected)), "it was \(expected)")
            }
        }
        try flush()
        client.finishSending()
        #expect(try client.linesToEnd() == [], "nothing is answered beyond what is written")
    }
}
