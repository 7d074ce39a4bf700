import MendProtocol
import MendWire

extension Errors.Report {
    /// The report as it may be stored: without secrets. What is empty and has another source is left out.
    func masked() throws -> Errors.Report {
        var report = self
        report.message = Masker.masked(message) ?? message
        report.service = Self.masked(service)
        report.code = Self.masked(code)
        report.type = Self.masked(type)
        report.action = Self.masked(action)
        report.task = Self.masked(task)
        report.sqlstate = Self.masked(sqlstate)
        report.errno = Self.masked(errno)
        report.signal = Self.masked(signal)
        report.stderr = Self.masked(stderr)
        report.fingerprint = Self.masked(fingerprint)
        report.locale = Self.masked(locale)
        report.tags = tags.map { $0.map { Masker.masked($0) ?? $0 } }
        report.stack = stack.map(Self.masked)
        if let context, let masked = try Masker.masked(context.json) { report.context = JSONObject(masked) }
        for (name, value) in unknown {
            if Masker.isSecret(name: name) {
                report.unknown[name] = .string(String(describing: Masker.mark))
            } else if let masked = try Masker.masked(value) {
                report.unknown[name] = masked
            }
        }
        return report
    }

    private static func masked(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return Masker.masked(text) ?? text
    }

    private static func masked(_ word: NameOrNumber?) -> NameOrNumber? {
        guard case .name(let text) = word else { return word }
        return .name(Masker.masked(text) ?? text)
    }

    private static func masked(_ stack: Stack) -> Stack {
        switch stack {
        case .text(let text): .text(Masker.masked(text) ?? text)
        case .frames(let frames): .frames(frames.map { Masker.masked($0) ?? $0 })
        }
    }
}
