import MendClient
import MendProtocol
import MendWire
import Testing

/// The calls of the transcripts as the types of the Swift library say them, and the answers as they read them: nothing of
/// either may be lost.
@Suite("What is written about the wire is what the Swift client speaks")
struct ClientTranscriptTests {
    static let transcripts = ((try? TranscriptTests.transcripts.get()) ?? []).filter { transcript in
        transcript.lines.allSatisfy { line in
            switch line {
            case .signal: return true
            // It sends no batch, nothing that is no request, and no line that is too long to be read.
            case .send(let text):
                guard let request = try? JSON(text), case .object(let members) = request else { return false }
                return request["method"].text != nil && request["id"] != .null && text.utf8.count < 4096
                    && Set(members.keys).isSubset(of: ["jsonrpc", "id", "method", "params"])
            // What the types of reports do not have, they cannot say.
            case .receive(let answer):
                return answer["result"]["ignored"] == .null && answer["result"]["verdict"]["ignored"] == .null
            }
        }
    }

    @Test("most conversations can be held by it")
    func enough() {
        #expect(Self.transcripts.count > 20)
    }

    @Test("each conversation goes as it is written", arguments: transcripts)
    func replay(transcript: Transcript) throws {
        let host = try TranscriptHost(transcript.given)
        let client = try BlockingClient(socket: host.socket)
        var sent: [JSON: [SentCall]] = [:]
        for line in transcript.lines {
            switch line {
            case .send(let text):
                let call = try SentCall(text, by: client) { sent[$0]?.last?.id }
                sent[call.written, default: []].append(call)
            case .signal(let number): host.signal(number)
            case .receive(let expected) where expected["method"] != .null:
                var writer = JSONWriter()
                try WireEncoder.encode(client.nextEvent(), into: &writer)
                let told = try JSON(String(decoding: writer.bytes, as: UTF8.self))
                #expect(told.matches(expected["params"]), "it was \(expected)")
            case .receive(let expected):
                // What names no request is told to whoever asks first.
                if expected["id"] == .null {
                    let failure = #expect(throws: ClientError.self) { try client.call(System.Ping()) }
                    expect(failure, is: expected["error"])
                    continue
                }
                let call = try #require(sent[expected["id"]]?.first)
                sent[expected["id"]]?.removeFirst()
                switch call.result() {
                case .success(let result):
                    #expect(try JSON(result).matches(host.here(expected["result"])), "it was \(expected)")
                case .failure(let error): expect(error, is: host.here(expected["error"]))
                }
            }
        }
    }

    private func expect(_ error: ClientError?, is expected: JSON) {
        guard case .failed(let call)? = error else {
            Issue.record("\(String(describing: error)) was to be \(expected)")
            return
        }
        let said = expected["data"]
        #expect(call.word == said["reason"].text)
        // Where the types refuse it before it is sent, they say it in their own words.
        if call.data == nil { return }
        #expect(Int64(call.code) == expected["code"].int)
        #expect(call.message == expected["message"].text)
        #expect(call.field == said["field"].text)
        #expect(call.hint == said["hint"].text)
        #expect(call.isRetryable == (said["retryable"] == true))
        #expect((call.retryAfterMs == nil) == (said["retry_after_ms"] == .null))
    }
}

/// A request of a transcript, under way.
private struct SentCall {
    /// The id that is written down, and the one that the client gave it.
    let written: JSON
    let id: RequestID?
    /// What is answered, as the type of the answer says it.
    let result: () -> Result<String, ClientError>

    init(_ line: String, by client: BlockingClient, idOf: (JSON) -> RequestID?) throws {
        let request = try RawJSON(validating: line).document.root
        written = try JSON(line)["id"]
        let name = request["method"]?.stringValue ?? ""
        guard let type = Methods.all.first(where: { $0.name == name }) else {
            (id, result) = (nil, { .failure(Self.unsaid(.methodNotFound, name)) })
            return
        }
        (id, result) = try Self.send(type, request["params"], by: client, idOf: idOf)
    }

    private static func send<M: Method>(
        _ type: M.Type, _ params: JSONValue?, by client: BlockingClient, idOf: (JSON) -> RequestID?
    ) throws -> (RequestID?, () -> Result<String, ClientError>) {
        let params = try params ?? RawJSON(validating: "{}").document.root
        var method: M
        let meta: Meta?
        do throws(WireDecodingError) {
            method = try WireDecoder.decode(type, from: params, ignoring: [Meta.member])
            if let value = params[Meta.member] {
                meta = try WireDecoder.decode(Meta.self, from: value)
            } else {
                meta = nil
            }
        } catch {
            // The types have no way to say it.
            let problem = unsaid(.invalidParams, error.message)
            return (nil, { .failure(problem) })
        }
        // The client has numbers of its own.
        if let cancel = method as? System.Cancel, let id = idOf(try JSON(cancel.id.text)),
            let other = System.Cancel(id: id) as? M
        {
            method = other
        }
        let sent = try client.send(method, meta: meta)
        return (
            sent.requestID,
            {
                Result { () throws(ClientError) in
                    let answer = try client.receive(sent)
                    do throws(WireEncodingError) {
                        return try WireEncoder.text(of: answer)
                    } catch {
                        throw .protocolViolation("\(error)")
                    }
                }
            }
        )
    }

    /// What the types refuse, without anything having been sent.
    private static func unsaid(_ reason: Reason, _ problem: String) -> ClientError {
        .failed(FailedCall(RPCError(code: reason.code, message: problem, data: nil)))
    }
}
