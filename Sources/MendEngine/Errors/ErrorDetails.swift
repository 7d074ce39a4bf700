import MendProtocol
import MendWire

/// What of a report has no column of its own, as one JSON object.
struct ErrorDetails {
    private var writer = JSONWriter()
    private var left = 0

    /// - Parameter report: masked.
    static func json(of report: Errors.Report) throws -> String {
        var details = ErrorDetails()
        details.writer.writeByte(UInt8(ascii: "{"))
        try details.addKnown(report)
        for name in report.ignored {
            guard let value = report.unknown[name] else { continue }
            details.add(name, cut(value))
        }
        if details.left > 0 { details.write(ErrorLimits.mark, .string("\(details.left) members")) }
        details.writer.writeByte(UInt8(ascii: "}"))
        return details.writer.text
    }

    private mutating func addKnown(_ report: Errors.Report) throws {
        add("action", report.action.map { .string(ErrorLimits.cut($0, ErrorLimits.action)) })
        add("stack", try report.stack.map { try Self.encoded(Self.cut($0)) })
        add("context", report.context.map { Self.cut($0.json) })
        add(
            "tags",
            try report.tags.map { tags in
                try Self.encoded(tags.prefix(ErrorLimits.tags).map { ErrorLimits.cut($0, ErrorLimits.name) })
            })
        add("attempt", try report.attempt.map(Self.encoded))
        add("policy", try report.policy.map(Self.encoded))
        add("exit_status", report.exitStatus.map { .integer(Int($0)) })
        add("signal", try report.signal.map(Self.encoded))
        add("errno", try report.errno.map(Self.encoded))
        add("http_status", report.httpStatus.map { .integer(Int($0)) })
        add("sqlstate", Self.name(report.sqlstate))
        add("grpc_status", try report.grpcStatus.map(Self.encoded))
        add("stderr", report.stderr.map { .string(ErrorLimits.cutFront($0, ErrorLimits.stderr)) })
        add("duration_ms", try report.durationMs.map(Self.encoded))
        add("fingerprint", Self.name(report.fingerprint))
        add("locale", Self.name(report.locale))
    }

    /// Leaves out what there is no room for, but for a few bytes that say so.
    private mutating func add(_ name: String, _ value: RawJSON?) {
        guard let value else { return }
        let size = name.utf8.count + value.text.utf8.count + 4
        guard writer.bytes.count + size <= ErrorLimits.details else {
            left += 1
            return
        }
        write(name, value)
    }

    private mutating func write(_ name: String, _ value: RawJSON) {
        if writer.bytes.count > 1 { writer.writeByte(UInt8(ascii: ",")) }
        writer.writeString(name)
        writer.writeByte(UInt8(ascii: ":"))
        writer.writeRaw(value.text)
    }

    private static func encoded(_ value: some Encodable) throws -> RawJSON {
        RawJSON(unchecked: try WireEncoder.text(of: value))
    }

    private static func name(_ text: String?) -> RawJSON? {
        text.map { .string(ErrorLimits.cut($0, ErrorLimits.name)) }
    }

    /// JSON cannot be cut and still be JSON: what is too long is kept as the beginning of its text.
    private static func cut(_ value: RawJSON) -> RawJSON {
        value.text.utf8.count <= ErrorLimits.value ? value : .string(ErrorLimits.cut(value.text, ErrorLimits.value))
    }

    private static func cut(_ stack: Stack) -> Stack {
        switch stack {
        case .text(let text): return .text(ErrorLimits.cut(text, ErrorLimits.stack))
        case .frames(let frames):
            var bytes = 0
            let kept = frames.prefix { frame in
                bytes += frame.utf8.count + 3
                return bytes <= ErrorLimits.stack
            }
            return .frames(kept.count == frames.count ? frames : kept + [ErrorLimits.mark])
        }
    }
}
