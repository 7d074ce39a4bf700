import MendProtocol
import MendWire
import Testing

@testable import MendClient

@Suite("Errors of the daemon")
struct ClientErrorTests {
    private func failed(_ json: String) throws -> FailedCall {
        FailedCall(
            try WireDecoder.decode(RPCError.self, from: try JSONDocument(parsing: json).root, unknownMembers: .ignore))
    }

    @Test("all that data tells is there")
    func whole() throws {
        let call = try failed(
            #"{"code":-32004,"message":"full","data":{"reason":"queue_full","retryable":true,"retry_after_ms":500,"field":"queue","hint":"wait","more":1}}"#
        )
        #expect(call.code == -32004)
        #expect(call.reason == .queueFull)
        #expect(call.word == "queue_full")
        #expect(call.message == "full")
        #expect(call.field == "queue")
        #expect(call.hint == "wait")
        #expect(call.isRetryable)
        #expect(call.retryAfterMs == 500)
        #expect(call.data?.text.contains("\"more\":1") == true)
    }

    @Test("a reason that is newer than this client is kept as its word")
    func newReason() throws {
        let call = try failed(#"{"code":-32099,"message":"m","data":{"reason":"moon_phase","retryable":true}}"#)
        #expect(call.reason == nil)
        #expect(call.word == "moon_phase")
        #expect(call.isRetryable)
    }

    @Test("without data the code says the reason")
    func codeOnly() throws {
        let call = try failed(#"{"code":-32010,"message":"m"}"#)
        #expect(call.reason == .shuttingDown)
        #expect(call.isRetryable)
        #expect(try failed(#"{"code":-1,"message":"m","data":[1]}"#).word == "unknown")
    }

    @Test("whether a lost call was done is said to be unknown")
    func unknown() throws {
        let errors: [ClientError] = [.connectionLost("x"), .timedOut, .cancelled]
        for error in errors { #expect(error.hint?.contains("not known") == true) }
        #expect(
            ClientError.connectionLost("the daemon closed it").message
                == "the connection was lost: the daemon closed it")
    }
}
