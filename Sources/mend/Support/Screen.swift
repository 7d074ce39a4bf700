import Glibc

/// What goes to standard output: gathered, and written at once.
struct Screen {
    var hasColour: Bool
    /// Columns of the terminal; nil where the output is no terminal, and nothing is cut.
    var width: Int?
    /// A further page of what was begun before: without titles.
    var isContinued: Bool
    let clock: WallClock
    private var text = ""

    /// What was gathered and not written yet.
    var shown: String { text }

    init(hasColour: Bool, width: Int?, isContinued: Bool = false, clock: WallClock) {
        self.hasColour = hasColour
        self.width = width
        self.isContinued = isContinued
        self.clock = clock
    }

    /// Colour only on a terminal that has it, and for people who want it (https://no-color.org).
    static func standard(continued: Bool = false) -> Screen {
        let isTerminal = isatty(1) == 1
        return Screen(
            hasColour: hasColour(isTerminal: isTerminal, environment: value),
            width: isTerminal ? terminalSize()?.columns : nil, isContinued: continued, clock: .system())
    }

    static func hasColour(isTerminal: Bool, environment: (String) -> String?) -> Bool {
        let refuses = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        return isTerminal && !refuses && canBeSteered(environment)
    }

    /// Whether it is a terminal that can be more than written on.
    static var isSteerable: Bool { isatty(1) == 1 && canBeSteered(value) }

    private static func canBeSteered(_ environment: (String) -> String?) -> Bool {
        environment("TERM").map { $0 != "dumb" } ?? false
    }

    private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    mutating func line(_ line: String) {
        text += line
        text += "\n"
    }

    mutating func table(_ table: Table) {
        text += table.text(width: width, hasColour: hasColour, hasTitles: !isContinued)
    }

    mutating func flush() throws(OutputError) {
        defer { text = "" }
        try Self.write(text, to: 1)
    }

    static func write(_ text: String, to descriptor: Int32) throws(OutputError) {
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: at), bytes.count - at)
            }
            if count >= 0 {
                at += count
            } else if errno != EINTR {
                throw OutputError(number: errno)
            }
        }
    }

    /// Nothing where it is not known.
    static func terminalSize() -> (columns: Int, lines: Int)? {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// Standard output took not all of it.
struct OutputError: Error, CustomStringConvertible {
    let number: Int32
    var description: String { "the output cannot be written: \(String(cString: strerror(number)))" }
}
