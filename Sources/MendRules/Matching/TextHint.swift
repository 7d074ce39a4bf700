import MendProtocol

/// What programs write where they name a fact: `[Errno 111]`, `SQLSTATE 40001`, `curl: (7)`. The literals are found in the
/// same pass as those of the rules; only where one stands, the text is looked at again.
enum TextHint: CaseIterable {
    case curl, bracketErrno, osError, rustOS, nodeErrno, sqlstate, psqlError, psqlFatal, wgetStatus, clientStatus,
        serverStatus, returnedStatus, npmStatus
    case rpcCode, pythonRPC, javaRPC, exited, killed, dumped, error, exception

    static let literals: [[UInt8]] = allCases.map { Array($0.literal.utf8) }

    private var literal: String {
        switch self {
        case .curl: "curl: ("
        // Python and whoever follows it; Rust; Node.
        case .bracketErrno: "[errno "
        case .osError: "(os error "
        case .rustOS: "os { code: "
        case .nodeErrno: "errno: -"
        case .sqlstate: "sqlstate"
        // psql with VERBOSITY verbose.
        case .psqlError: "error:  "
        case .psqlFatal: "fatal:  "
        // wget and Python's urllib; Python's requests.
        case .wgetStatus: "error "
        case .clientStatus: " client error"
        case .serverStatus: " server error"
        // curl and git; npm.
        case .returnedStatus: "url returned error: "
        case .npmStatus: "npm error code e"
        // gRPC in Go, Python and Java.
        case .rpcCode: "rpc error: code = "
        case .pythonRPC: "statuscode."
        case .javaRPC: "statusruntimeexception: "
        // systemd of a unit's main process.
        case .exited: "code=exited, status="
        case .killed: "code=killed, status="
        case .dumped: "code=dumped, status="
        // What most classes of exceptions have in their names.
        case .error: "error"
        case .exception: "exception"
        }
    }

    /// Fills in what the report does not say by itself; tells whether there was anything.
    static func fill(_ facts: inout Facts, from hits: TextHits, isKnownType: (String) -> Bool) -> Bool {
        var isFilled = false
        // The end of standard error tells more than a message that somebody made from it.
        for field in [Field.stderr, .message] {
            guard let text = field == .message ? facts.message : facts.stderr else { continue }
            if !facts.isSpecific {
                for (number, hint) in allCases.enumerated() where hits.has(Int32(number), field) {
                    let isNew = TextHits.withText(text, field) { hint.take(TextReader(bytes: $0), into: &facts) }
                    isFilled = isFilled || isNew
                }
            }
            // A class of any name can begin a message; in standard error it is looked for where there is a sign of one.
            guard facts.type == nil,
                field == .message || hits.has(errorLiteral, field) || hits.has(exceptionLiteral, field)
            else { continue }
            facts.type = TextHits.withText(text, field) { TextReader(bytes: $0).exceptionClass(isKnownType) }
            isFilled = isFilled || facts.type != nil
        }
        return isFilled
    }

    private static let errorLiteral = Int32(allCases.firstIndex(of: .error) ?? 0)
    private static let exceptionLiteral = Int32(allCases.firstIndex(of: .exception) ?? 0)

    private func take(_ text: TextReader, into facts: inout Facts) -> Bool {
        let literal = Array(literal.utf8)
        switch self {
        case .curl:
            guard facts.curlStatus == nil, let status = text.number(after: literal) else { return false }
            facts.curlStatus = status
        case .exited:
            guard facts.exitStatus == nil, let status = text.number(after: literal) else { return false }
            facts.exitStatus = status
        case .killed, .dumped:
            guard facts.signal == nil, let signal = text.number(after: literal) else { return false }
            facts.signal = signal
        case .bracketErrno, .osError, .rustOS, .nodeErrno:
            guard facts.errno == nil, let errno = text.number(after: literal) else { return false }
            facts.errno = errno
        case .sqlstate, .psqlError, .psqlFatal:
            guard facts.sqlstate == nil, let state = text.sqlstate(after: literal, isBare: self != .sqlstate) else {
                return false
            }
            facts.sqlstate = state
        case .wgetStatus, .clientStatus, .serverStatus:
            guard facts.httpStatus == nil, let status = text.httpStatus(at: literal, isBefore: self != .wgetStatus)
            else {
                return false
            }
            facts.httpStatus = status
        case .returnedStatus, .npmStatus:
            guard facts.httpStatus == nil, let status = text.number(after: literal), (400...599).contains(status) else {
                return false
            }
            facts.httpStatus = status
        case .rpcCode, .pythonRPC, .javaRPC:
            guard facts.grpcStatus == nil, let status = text.word(after: literal).flatMap(GRPCStatus.number(of:)) else {
                return false
            }
            facts.grpcStatus = status
        case .error, .exception: return false
        }
        return true
    }
}

/// Reads facts out of a text.
struct TextReader {
    let bytes: UnsafeBufferPointer<UInt8>

    /// The last number that follows `literal`: programs that retry print one line for each try.
    func number(after literal: [UInt8]) -> Int32? {
        lastPlace(of: literal).flatMap { Int32(word(at: $0 + literal.count, of: \.isDigit, most: 9)) }
    }

    /// A word of letters and underscores.
    func word(after literal: [UInt8]) -> String? {
        lastPlace(of: literal).map {
            word(at: $0 + literal.count, of: { $0.isLetter || $0 == UInt8(ascii: "_") }, most: 32)
        }
    }

    /// `SQLSTATE 40001`, `SQLSTATE[40001]`, `(SQLSTATE: 40001)`; bare: `ERROR:  40001: `.
    func sqlstate(after literal: [UInt8], isBare: Bool) -> String? {
        guard var at = lastPlace(of: literal).map({ $0 + literal.count }) else { return nil }
        let between = Array(" :=[('\"".utf8)
        while !isBare, at < bytes.count, between.contains(bytes[at]) { at += 1 }
        let state = word(at: at, of: { $0.isDigit || $0.isLetter }, most: 6)
        guard state.utf8.count == 5, state.utf8.contains(where: \.isDigit), state == state.uppercased() else {
            return nil
        }
        guard !isBare || bytes.has([UInt8(ascii: ":")], at: at + 5) else { return nil }
        return state
    }

    /// `ERROR 404: `; or before the literal: `503 Server Error: `.
    func httpStatus(at literal: [UInt8], isBefore: Bool) -> Int32? {
        guard let at = lastPlace(of: literal) else { return nil }
        let start = isBefore ? at - 3 : at + literal.count
        guard start >= 0 else { return nil }
        let digits = word(at: start, of: \.isDigit, most: 4)
        guard digits.utf8.count == 3, let status = Int32(digits), (400...599).contains(status) else { return nil }
        return isBefore || bytes.has([UInt8(ascii: ":")], at: start + 3) ? status : nil
    }

    /// The class that the last line which begins with a known one names: `ConnectionRefusedError: [Errno 111] …`,
    /// `Caused by: java.net.ConnectException: Connection refused`.
    func exceptionClass(_ isKnown: (String) -> Bool) -> String? {
        var end = bytes.count
        while end > 0 {
            var start = end
            while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
            if let name = className(at: start, before: end), isKnownClass(name, isKnown) { return name }
            end = start - 1
        }
        return nil
    }

    private func isKnownClass(_ name: String, _ isKnown: (String) -> Bool) -> Bool {
        let (whole, last) = Facts.types(name)
        return isKnown(whole) || last.map(isKnown) ?? false
    }

    private func className(at start: Int, before end: Int) -> String? {
        var at = start
        for prefix in Self.prefixes where bytes.has(prefix, at: at) {
            at += prefix.count
            break
        }
        // The thread's name stands between.
        if bytes.has(Self.inThread, at: at) {
            at += Self.inThread.count
            while at < end, bytes[at] != UInt8(ascii: "\"") { at += 1 }
            at += 2
        }
        guard at < end, bytes[at].isLetter || bytes[at] == UInt8(ascii: "_") else { return nil }
        var last = at
        while last < end, Self.isInName(bytes, last, end) { last += 1 }
        // It is followed by its message, Node's code in brackets, or nothing.
        let isWhole =
            last >= end || bytes[last] == UInt8(ascii: ":") || bytes[last] == 0x0D || bytes.has(Self.bracket, at: last)
        guard isWhole, last - at <= 200 else { return nil }
        return String(decoding: bytes[at..<last], as: UTF8.self)
    }

    private static let prefixes = ["caused by: ", "uncaught ", "error: ", "fatal: "].map { Array($0.utf8) }
    private static let inThread = Array("exception in thread \"".utf8)
    private static let bracket = Array(" [".utf8)

    private static func isInName(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ end: Int) -> Bool {
        let byte = bytes[at]
        if byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") { return true }
        guard at + 1 < end, bytes[at + 1].isLetter else {
            return at + 1 < end && byte == UInt8(ascii: ":") && bytes[at + 1] == byte
        }
        return byte == UInt8(ascii: ".") || (byte == UInt8(ascii: ":") && bytes[at - 1] == byte)
    }

    private func lastPlace(of literal: [UInt8]) -> Int? {
        var at = bytes.count - literal.count
        while at >= 0 {
            if bytes[at].lowercased == literal[0], bytes.has(literal, at: at) { return at }
            at -= 1
        }
        return nil
    }

    private func word(at start: Int, of kind: (UInt8) -> Bool, most: Int) -> String {
        var end = start
        while end < min(bytes.count, start + most), kind(bytes[end]) { end += 1 }
        return String(decoding: bytes[min(start, end)..<end], as: UTF8.self)
    }
}
