import ArgumentParser
import MendClient
import MendProtocol
import MendWire

/// What is said on standard error when a command fails: `mend: ` and the message, and below it the hint; or for programs
/// one JSON object in the form of the wire's errors.
package struct FailureReport {
    private static let unreachable = "unreachable"

    package let status: ExitStatus
    /// With its line ends.
    package let text: String

    /// Nil for what ArgumentParser itself has to say: its usage errors, help and version.
    init?(_ error: any Error, asJSON: Bool) {
        switch error {
        case let error as ClientError: self.init(error, asJSON: asJSON)
        case let error as UsageError:
            self.init(.usage, word: "usage", message: error.message, hint: error.hint, asJSON: asJSON)
        case let error as ImportStop:
            self.init(error.status, word: error.word, message: error.message, hint: error.hint, asJSON: asJSON)
        case let error as OutputError:
            self.init(.failed, word: "output_failed", message: error.description, hint: nil, asJSON: asJSON)
        case let error where asJSON && Mend.exitCode(for: error).rawValue == ExitStatus.usage.rawValue:
            self.init(.usage, word: "usage", message: Mend.message(for: error), hint: nil, asJSON: true)
        default: return nil
        }
    }

    package init(_ error: ClientError, asJSON: Bool) {
        let status = ExitStatus(error)
        if case .failed(let call) = error, asJSON {
            var writer = JSONWriter()
            writer.writeRaw("{\"code\":")
            writer.writeInteger(call.code)
            writer.writeRaw(",\"message\":")
            writer.writeString(call.message)
            if let data = call.data {
                writer.writeRaw(",\"data\":")
                writer.writeRaw(data.text)
            }
            writer.writeRaw("}\n")
            self.init(status: status, text: writer.text)
            return
        }
        let word =
            switch error {
            case .unreachable: Self.unreachable
            case .connectionLost: "connection_lost"
            case .failed(let call): call.word
            case .protocolViolation: "protocol_violation"
            case .timedOut: "timed_out"
            case .cancelled: "cancelled"
            }
        self.init(status, word: word, message: error.message, hint: Self.hint(error), asJSON: asJSON)
    }

    init(_ status: ExitStatus, word: String, message: String, hint: String?, asJSON: Bool) {
        guard asJSON else {
            let hint = hint.map { "hint: \($0.singleLine)\n" } ?? ""
            self.init(status: status, text: "mend: \(message.singleLine)\n\(hint)")
            return
        }
        var writer = JSONWriter()
        writer.writeRaw("{\"message\":")
        writer.writeString(message)
        writer.writeRaw(",\"data\":{\"reason\":")
        writer.writeString(word)
        writer.writeRaw(",\"retryable\":")
        // Where the call may have been done, the same call once more is not the same.
        writer.writeBool(word == Self.unreachable && status != .notAllowed)
        if let hint {
            writer.writeRaw(",\"hint\":")
            writer.writeString(hint)
        }
        writer.writeRaw("}}\n")
        self.init(status: status, text: writer.text)
    }

    private init(status: ExitStatus, text: String) {
        self.status = status
        self.text = text
    }

    private static func hint(_ error: ClientError) -> String? {
        guard case .failed(let call) = error, call.hint == nil, let after = call.retryAfterMs else { return error.hint }
        return "try again in \(DurationText.text(after))"
    }

    /// ArgumentParser's words with our name in front.
    static func usageText(_ message: String) -> String {
        let prefix = "Error: "
        return "mend: " + (message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message) + "\n"
    }

    func tell() -> ExitStatus {
        Notice.write(text)
        return status
    }
}

/// An argument that cannot be used, found after all of them were understood.
struct UsageError: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

/// A line on standard error that is no failure.
enum Notice {
    static func tell(_ message: String, hint: String? = nil) {
        write(text(message, hint: hint, asJSON: GlobalOptions.wantJSON(CommandLine.arguments)))
    }

    private static func text(_ message: String, hint: String?, asJSON: Bool) -> String {
        guard asJSON else {
            return "mend: \(message.singleLine)\n" + (hint.map { "hint: \($0.singleLine)\n" } ?? "")
        }
        var writer = JSONWriter()
        writer.writeRaw("{\"message\":")
        writer.writeString(message)
        if let hint {
            writer.writeRaw(",\"hint\":")
            writer.writeString(hint)
        }
        writer.writeRaw("}\n")
        return writer.text
    }

    static func write(_ text: String) {
        // Nobody is left to be told if standard error itself fails.
        try? Screen.write(text, to: 2)
    }
}
