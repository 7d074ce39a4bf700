import Testing

@Suite("What is written about the wire is what the daemon does")
struct TranscriptTests {
    static let document = "protocol/PROTOCOL.md"

    static let transcripts = Result {
        try Transcript.all(inDocument: document) + Transcript.all(inFolder: "protocol/transcripts")
    }

    @Test("there is one for every method")
    func complete() throws {
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

    @Test("each conversation goes as it is written", arguments: (try? transcripts.get()) ?? [])
    func replay(transcript: Transcript) throws {
        let client = try Daemon().connect()
        var outgoing: [String] = []
        for line in transcript.lines {
            switch line {
            case .send(let text): outgoing.append(text)
            case .receive(let expected):
                // What is sent together in one piece is sent so here.
                if !outgoing.isEmpty { try client.send(outgoing) }
                outgoing = []
                let answer = try client.answer()
                #expect(answer.matches(expected), "it was \(expected)")
            }
        }
        if !outgoing.isEmpty { try client.send(outgoing) }
        client.finishSending()
        #expect(try client.linesToEnd() == [], "nothing is answered beyond what is written")
    }
}
