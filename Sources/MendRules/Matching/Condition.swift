/// What a report can be looked at for.
enum Field: Int, CaseIterable, Sendable {
    case code, type, service, command, errno, signal, exitStatus, httpStatus, sqlstate, grpcStatus
    case message, stderr, text, outOfMemory

    /// As rule files have it.
    var name: String {
        switch self {
        case .exitStatus: "exit_status"
        case .httpStatus: "http_status"
        case .grpcStatus: "grpc_status"
        case .outOfMemory: "out_of_memory"
        default: "\(self)"
        }
    }
}

/// One value for each field.
struct FieldTable<Value: Sendable>: Sendable {
    private var values: [Value]

    init(repeating value: Value) { values = Array(repeating: value, count: Field.allCases.count) }

    subscript(field: Field) -> Value {
        _read { yield values[field.rawValue] }
        _modify { yield &values[field.rawValue] }
    }
}

/// One thing that a rule asks for. What is listed in one condition is "any of".
enum Condition: Hashable, Sendable {
    /// `code`, `type`, `service`, `command`, `sqlstate`.
    case words(Field, [WordPattern])
    /// `errno`, `signal`, `exit_status`, `http_status`, `grpc_status`.
    case numbers(Field, [ClosedRange<Int32>])
    /// `message`, `stderr`, or `text` for either.
    case text(Field, [TextPattern])
    /// `command` and `exit_status` in one rule: the status is that program's own.
    case exitOf([String], [ClosedRange<Int32>])
    /// The kernel ended it for want of memory.
    case outOfMemory
}

extension Condition {
    /// How long the texts are that it looks for.
    var textBytes: Int {
        guard case .text(_, let patterns) = self else { return 0 }
        return patterns.reduce(0) { $0 + $1.longest.count }
    }
}

/// A word, or what it begins, ends or goes on with where a `*` stands.
struct WordPattern: Hashable, Sendable {
    let text: String
    private let pieces: [String]

    init(_ text: String) {
        self.text = text
        pieces = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether it stands for one word only.
    var isExact: Bool { pieces.count == 1 }

    func matches(_ word: String) -> Bool {
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return word == text }
        guard word.utf8.count >= first.utf8.count + last.utf8.count, word.hasPrefix(first), word.hasSuffix(last) else {
            return false
        }
        var rest = word.utf8.dropFirst(first.utf8.count).dropLast(last.utf8.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let hit = rest.firstRange(of: piece.utf8) else { return false }
            rest = rest[hit.upperBound...]
        }
        return true
    }
}

/// What a text contains or begins with; `*` stands for anything. Upper and lower case of ASCII are one.
struct TextPattern: Hashable, Sendable {
    let text: String
    let startsText: Bool
    /// What must follow each other, in lower case; none is empty.
    let pieces: [[UInt8]]
    /// A name in capitals, such as `EACCES`, is a whole word: `RemoteAccess` is something else.
    private let isWord: Bool

    init(_ text: String, startsText: Bool) {
        self.text = text
        self.startsText = startsText
        pieces = text.utf8.split(separator: UInt8(ascii: "*")).map { $0.map(\.lowercased) }
        isWord = text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    /// Whether a text that has ``longest`` in it is one of these, without another look.
    var isDecidedByLongest: Bool { pieces.count == 1 && !startsText && !isWord }

    var longest: [UInt8] { pieces.max { $0.count < $1.count } ?? [] }

    func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard pieces.count > 1, !startsText else { return matchesPart(bytes) }
        guard bytes.find(longest, from: 0) != nil else { return false }
        // A star stays in its line: what is far apart does not belong together.
        return bytes.split(separator: 0x0A).contains { matchesPart(UnsafeBufferPointer(rebasing: $0)) }
    }

    private func matchesPart(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if isWord, !startsText { return bytes.hasWord(longest) }
        var at = 0
        for (index, piece) in pieces.enumerated() {
            if index == 0, startsText, text.utf8.first != UInt8(ascii: "*") {
                guard bytes.has(piece, at: 0) else { return false }
                at = piece.count
            } else {
                guard let hit = bytes.find(piece, from: at) else { return false }
                at = hit + piece.count
            }
        }
        return true
    }
}

extension UInt8 {
    var lowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
    var isDigit: Bool { self &- 48 < 10 }
    var isLetter: Bool { (self | 0x20) &- 97 < 26 }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether `piece`, in lower case, stands at `place`.
    func has(_ piece: [UInt8], at place: Int) -> Bool {
        guard place >= 0, place + piece.count <= count else { return false }
        for (offset, byte) in piece.enumerated() where self[place + offset].lowercased != byte { return false }
        return true
    }

    func find(_ piece: [UInt8], from start: Int) -> Int? {
        guard let first = piece.first else { return start <= count ? start : nil }
        var at = start
        while at + piece.count <= count {
            if self[at].lowercased == first, has(piece, at: at) { return at }
            at += 1
        }
        return nil
    }

    func hasWord(_ word: [UInt8]) -> Bool {
        var at = 0
        while let hit = find(word, from: at) {
            let end = hit + word.count
            if hit == 0 || !isInWord(hit - 1), end >= count || !isInWord(end) { return true }
            at = hit + 1
        }
        return false
    }

    private func isInWord(_ place: Int) -> Bool {
        self[place].isLetter || self[place].isDigit || self[place] == UInt8(ascii: "_")
    }
}
