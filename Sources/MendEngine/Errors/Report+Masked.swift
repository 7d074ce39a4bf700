import MendProtocol
import MendWire

extension Errors.Report {
    /// The report as it may be stored: without secrets. What is empty and has another source is left out.
    func masked(by masker: Masker) throws -> Errors.Report {
        func masked(_ text: String?) -> String? {
            guard let text, !text.isEmpty else { return nil }
            return masker.masked(text) ?? text
        }
        var report = self
        report.message = masker.masked(message) ?? message
        report.service = masked(service)
        report.code = masked(code)
        report.type = masked(type)
        report.action = masked(action)
        report.task = masked(task)
        report.sqlstate = masked(sqlstate)
        report.errno = errno?.masked(by: masker)
        report.signal = signal?.masked(by: masker)
        report.grpcStatus = grpcStatus?.masked(by: masker)
        report.stderr = masked(stderr)
        report.fingerprint = masked(fingerprint)
        report.locale = masked(locale)
        report.tags = tags.map { $0.map { masker.masked($0) ?? $0 } }
        report.stack = stack?.masked(by: masker)
        if let context, let masked = try masker.masked(context.json) { report.context = JSONObject(masked) }
        try report.maskUnknown(by: masker)
        return report
    }

    /// A name that has a secret in it is masked, too, and stays one that no other member has.
    private mutating func maskUnknown(by masker: Masker) throws {
        for (place, name) in ignored.enumerated() {
            guard let value = unknown[name] else { continue }
            let isSecret = Masker.isSecret(name: name)
            let masked = isSecret ? .string(String(describing: SecretScan.mark)) : try masker.masked(value)
            if let masked { unknown[name] = masked }
            guard var hidden = masker.masked(name) else { continue }
            unknown[name] = nil
            while unknown[hidden] != nil { hidden += "_" }
            unknown[hidden] = masked ?? value
            ignored[place] = hidden
        }
    }
}

extension NameOrNumber {
    fileprivate func masked(by masker: Masker) -> NameOrNumber {
        guard case .name(let text) = self else { return self }
        return .name(masker.masked(text) ?? text)
    }
}

extension Stack {
    fileprivate func masked(by masker: Masker) -> Stack {
        switch self {
        case .text(let text): .text(masker.masked(text) ?? text)
        case .frames(let frames): .frames(frames.map { masker.masked($0) ?? $0 })
        }
    }
}
