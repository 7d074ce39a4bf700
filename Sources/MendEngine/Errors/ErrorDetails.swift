import MendProtocol
import MendWire

/// What of a report has no column of its own, as one JSON object.
struct ErrorDetails {
    private var writer = JSONWriter(capacity: 512)
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
        let left = details.left
        if left > 0 { details.write(ErrorLimits.mark) { $0.writeString("\(left) members") } }
        details.writer.writeByte(UInt8(ascii: "}"))
        return details.writer.text
    }

    private mutating func addKnown(_ report: Errors.Report) throws {
        add("action", report.action.map { ErrorLimits.cut($0, ErrorLimits.action) })
        if let stack = report.stack { add("stack") { $0.write(stack) } }
        if let context = report.context { add("context", Self.cut(context.json)) }
        if let tags = report.tags {
            add("tags") { $0.writeArray(tags.prefix(ErrorLimits.tags).map { ErrorLimits.cut($0, ErrorLimits.name) }) }
        }
        if let attempt = report.attempt { add("attempt") { $0.writeInteger(attempt.value) } }
        if let policy = report.policy { add("policy", RawJSON(unchecked: try WireEncoder.text(of: policy))) }
        if let status = report.exitStatus { add("exit_status") { $0.writeInteger(status) } }
        add("signal", report.signal)
        add("errno", report.errno)
        if let status = report.httpStatus { add("http_status") { $0.writeInteger(status) } }
        add("sqlstate", report.sqlstate.map(Self.name))
        add("grpc_status", report.grpcStatus)
        add("stderr", report.stderr.map { ErrorLimits.cutFront($0, ErrorLimits.stderr) })
        if let duration = report.durationMs { add("duration_ms") { $0.writeInteger(duration.value) } }
        add("fingerprint", report.fingerprint.map(Self.name))
        add("locale", report.locale.map(Self.name))
    }

    private mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        add(name) { $0.writeString(text) }
    }

    private mutating func add(_ name: String, _ value: NameOrNumber?) {
        switch value {
        case .name(let text): add(name, text)
        case .number(let number): add(name) { $0.writeInteger(number) }
        case nil: break
        }
    }

    private mutating func add(_ name: String, _ value: RawJSON) {
        add(name) { $0.writeRaw(value.text) }
    }

    /// Leaves out what there is no room for, but for a few bytes that say so.
    private mutating func add(_ name: String, _ value: (inout JSONWriter) -> Void) {
        let start = writer.bytes.count
        write(name, value)
        guard writer.bytes.count > ErrorLimits.details else { return }
        writer.bytes.removeSubrange(start...)
        left += 1
    }

    private mutating func write(_ name: String, _ value: (inout JSONWriter) -> Void) {
        if writer.bytes.count > 1 { writer.writeByte(UInt8(ascii: ",")) }
        writer.writeString(name)
        writer.writeByte(UInt8(ascii: ":"))
        value(&writer)
    }

    private static func name(_ text: String) -> String { ErrorLimits.cut(text, ErrorLimits.name) }

    /// JSON cannot be cut and still be JSON: what is too long is kept as the beginning of its text.
    private static func cut(_ value: RawJSON) -> RawJSON {
        value.text.utf8.count <= ErrorLimits.value ? value : .string(ErrorLimits.cut(value.text, ErrorLimits.value))
    }
}

extension JSONWriter {
    /// As many whole frames as there is room for.
    fileprivate mutating func write(_ stack: Stack) {
        switch stack {
        case .text(let text): writeString(ErrorLimits.cut(text, ErrorLimits.stack))
        case .frames(let frames):
            var bytes = 0
            let kept = frames.prefix { frame in
                bytes += frame.utf8.count + 3
                return bytes <= ErrorLimits.stack
            }
            writeArray(kept.count == frames.count ? kept : kept + [ErrorLimits.mark])
        }
    }

    fileprivate mutating func writeArray(_ texts: some Sequence<String>) {
        writeByte(UInt8(ascii: "["))
        for (number, text) in texts.enumerated() {
            if number > 0 { writeByte(UInt8(ascii: ",")) }
            writeString(text)
        }
        writeByte(UInt8(ascii: "]"))
    }
}
