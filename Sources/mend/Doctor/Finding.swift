import MendWire

/// What one look found.
struct Finding {
    enum Level: String { case ok, warn, fail, skipped }

    let check: String
    let level: Level
    let message: String
    /// What to do next.
    let hint: String?

    static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .ok, message: message, hint: nil)
    }

    static func warn(_ check: String, _ message: String, hint: String) -> Finding {
        Finding(check: check, level: .warn, message: message, hint: hint)
    }

    static func fail(_ check: String, _ message: String, hint: String) -> Finding {
        Finding(check: check, level: .fail, message: message, hint: hint)
    }

    static func skipped(_ check: String, because: String) -> Finding {
        Finding(check: check, level: .skipped, message: because, hint: nil)
    }

    var json: String {
        var writer = JSONWriter()
        for (name, text) in [("check", check), ("status", level.rawValue), ("message", message), ("hint", hint)] {
            guard let text else { continue }
            writer.writeRaw(name == "check" ? "{\"" : ",\"")
            writer.writeRaw(name)
            writer.writeRaw("\":")
            writer.writeString(text)
        }
        writer.writeRaw("}")
        return writer.text
    }

    var style: Table.Style {
        switch level {
        case .ok: .good
        case .warn: .warning
        case .fail: .bad
        case .skipped: .faint
        }
    }
}
