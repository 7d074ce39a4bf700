/// What is sent, reckoned from running numbers: whatever is found later can be told to have been sent, or not.
enum Work {
    static let queues = 4
    static let undoQueue = "undos"

    static func queue(_ serial: Int) -> String { "q\(serial % queues)" }

    static func correlation(_ serial: Int) -> String { "n\(serial)" }

    /// Of all lengths, some beyond a page of the database.
    static func payload(_ serial: Int) -> String {
        let length = serial % 211 == 0 ? 6_000 : serial &* 7_919 % 300
        return #"{"n":\#(serial),"pad":"\#(String(repeating: "p", count: length))"}"#
    }

    static func params(_ serial: Int, _ kind: Asked.EnqueueKind) -> String {
        let meta =
            switch kind {
            case .idempotent: #""correlation":"\#(correlation(serial))","idempotency_key":"i\#(serial)""#
            case .plain, .delayed, .keyed: #""correlation":"\#(correlation(serial))""#
            }
        let start = #""queue":"\#(queue(serial))","payload":\#(payload(serial)),"_meta":{\#(meta)}"#
        return switch kind {
        case .delayed: start + #","delay_ms":\#(serial % 100)"#
        case .keyed: start + #","key":"k\#(serial % 16)""#
        case .plain, .idempotent: start
        }
    }

    /// The number in a text that begins with `prefix` and goes on with nothing but digits.
    static func number(in text: String, after prefix: String) -> Int? {
        text.hasPrefix(prefix) ? Int(text.dropFirst(prefix.count)) : nil
    }

    // Not too many of one kind: of a storm of one problem the daemon keeps counts alone.

    static func reportService(_ serial: Int) -> String { "reporter-\(serial / 32)" }
    static func reportMessage(_ serial: Int) -> String { "report \(serial)" }
    static func failService(_ token: Asked.Token) -> String { "worker-\(token.operation / 64)" }
    static func failMessage(_ token: Asked.Token) -> String { "lease \(token.lease)" }

    static func sagaName(_ saga: Int) -> String { "t\(saga)" }
    static func undo(_ saga: Int, _ step: Int) -> String { "\"t\(saga)/\(step)\"" }
}
