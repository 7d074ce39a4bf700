import MendProtocol
import MendWire

/// What the daemon said to one call.
typealias Reply = Result<JSONValue, RPCError>

extension Reply {
    func value() throws(ClientError) -> JSONValue {
        switch self {
        case .success(let value): return value
        case .failure(let error): throw .failed(FailedCall(error))
        }
    }
}

extension Method {
    /// Members that this client does not know are ignored, so that daemons can be newer.
    package static func answer(from value: JSONValue) throws(ClientError) -> Answer {
        do throws(WireDecodingError) {
            return try WireDecoder.decode(Answer.self, from: value, unknownMembers: .ignore)
        } catch {
            throw .protocolViolation("the result of \(name): \(error.message)")
        }
    }
}

/// A line that came from the daemon.
enum Incoming {
    case reply(id: Int, Reply)
    /// An error to something whose id the daemon could not make out.
    case unattributed(RPCError)
    /// What a subscription is told: a ``FollowedEvent``.
    case event(JSONValue)
    /// Another notification, of a newer daemon: it says nothing to this client.
    case notification

    static func parse(_ frame: LineFramer.Frame) throws(ClientError) -> Incoming {
        guard case .line(let bytes) = frame else {
            throw .protocolViolation("a line is longer than this client takes")
        }
        let message: RPCServerMessage
        do throws(RPCProtocolError) {
            message = try RPCServerMessage.parse(bytes)
        } catch {
            throw .protocolViolation(error.message)
        }
        switch message {
        case .notification(let told):
            guard told.method == FollowedEvent.name, let params = told.params else { return .notification }
            return .event(params)
        case .batch: throw .protocolViolation("the answer to a batch, and none was sent")
        case .response(let response):
            if let id = response.id.integer { return .reply(id: id, response.outcome) }
            guard response.id == .null, case .failure(let error) = response.outcome else {
                throw .protocolViolation("an answer with the id \(response.id)")
            }
            return .unattributed(error)
        }
    }
}

// Errors that name no call. They are the answer where only one call waits.
extension RPCError {
    /// It is about the connection as a whole: none of its calls was looked at.
    var refusesConnection: Bool { FailedCall(self).reason == .tooManyConnections }
}

extension ClientError {
    /// Nobody knows which of the calls it is about, and that one will never be answered.
    static func unattributed(_ error: RPCError) -> ClientError {
        if error.refusesConnection { return .failed(FailedCall(error)) }
        return .protocolViolation("the daemon could not tell which call it answers: \(error.message)")
    }
}
