import MendProtocol

/// The frames of a stack that tell one problem from another: the innermost of the program's own code. Those of the
/// language's own libraries and of installed packages are left out, as are line numbers, addresses and build hashes,
/// which change with each release.
///
/// Stacks are read as Python, Java, JavaScript, Go, Rust, Swift and C print them; what is printed otherwise has none.
enum StackFrames {
    /// More would tell one problem apart by the way on which it was reached.
    static let most = 3
    private static let maxLines = 200

    /// The innermost first.
    static func inApp(_ stack: Stack) -> [String] {
        let lines: [Substring] =
            switch stack {
            case .text(let text): text.split(whereSeparator: \.isNewline)
            case .frames(let frames): frames.flatMap { $0.split(whereSeparator: \.isNewline) }
            }
        let trimmed = lines.map(\.trimmed)
        // Python has the innermost last.
        if trimmed.contains(where: { $0.hasPrefix("File \"") }) {
            return Array(python(trimmed.suffix(maxLines).reversed()).prefix(most))
        }
        // What Java's other exceptions were caused by.
        let cause = trimmed.lastIndex { $0.hasPrefix("Caused by: ") } ?? trimmed.startIndex
        return Array(innermostFirst(Array(trimmed[cause...].prefix(maxLines))).prefix(most))
    }

    private static func python(_ lines: [Substring]) -> [String] {
        lines.compactMap { line in
            guard line.hasPrefix("File \""), let end = line.dropFirst(6).firstIndex(of: "\"") else { return nil }
            let file = line[line.index(line.startIndex, offsetBy: 6)..<end]
            guard !file.hasPrefix("<"), !isLibrary(path: file) else { return nil }
            let function = line.range(of: ", in ").map { line[$0.upperBound...] } ?? ""
            return "\(lastParts(of: file)):\(function)"
        }
    }

    private static func innermostFirst(_ lines: [Substring]) -> [String] {
        var frames: [String] = []
        var isPlace = false
        for (number, line) in lines.enumerated() where frames.count < most {
            let next = number + 1 < lines.count ? lines[number + 1] : ""
            // Rust says on a line of its own where a frame is.
            let numbered = numbered(line, next)
            defer { isPlace = numbered != nil }
            guard let frame = numbered ?? (isPlace ? nil : at(line)) ?? go(line, next) ?? symbol(line) else { continue }
            if frame.isInApp { frames.append(frame.name) }
        }
        return frames
    }

    private typealias Frame = (name: String, isInApp: Bool)

    /// Java and JavaScript: `at com.example.Shop.buy(Shop.java:12)`, `at buy (/srv/shop.js:10:5)`, `at /srv/shop.js:1:2`
    private static func at(_ line: Substring) -> Frame? {
        guard line.hasPrefix("at ") else { return nil }
        var rest = line.dropFirst(3)
        for word in ["async ", "new "] where rest.hasPrefix(word) { rest = rest.dropFirst(word.count) }
        guard let open = rest.lastIndex(of: "("), rest.hasSuffix(")") else {
            return (lastParts(of: withoutPlace(rest)), !isLibrary(path: rest) && rest.contains("/"))
        }
        let place = rest[rest.index(after: open)...].dropLast()
        let function = rest[..<open]
        if function.hasSuffix(" ") {
            return (String(function.trimmed), place.contains(":") && !isLibrary(path: place))
        }
        // Java names the module first: `java.base/java.util.ArrayList.get`
        let name = function.split(separator: "/").last ?? function
        let isLibrary = ["java.", "javax.", "jdk.", "sun.", "com.sun.", "kotlin.", "scala.", "groovy."]
            .contains { name.hasPrefix($0) }
        return (withoutNumbers(name), !isLibrary)
    }

    /// Rust, Swift and C number their frames: `4: shop::buy`, `#1 0x00… in buy shop.c:12`, `0 buy() + 12 in shop at …`
    private static func numbered(_ line: Substring, _ next: Substring) -> Frame? {
        let rest = line.hasPrefix("#") ? line.dropFirst() : line
        let digits = rest.prefix(while: \.isNumber)
        guard !digits.isEmpty else { return nil }
        var text = rest.dropFirst(digits.count)
        let isRust = text.hasPrefix(":")
        if isRust { text = text.dropFirst() }
        guard isRust || text.first == " " else { return nil }
        var words = text.split(separator: " ")[...]
        while let first = words.first, first.hasPrefix("0x") || first.hasPrefix("[") || first == "in" || first == "-" {
            words.removeFirst()
        }
        guard let name = words.first.map(function) else { return nil }
        if isRust {
            let isOwn = !["std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "rust_", "__", "_start"]
                .contains { name.hasPrefix($0) }
            return (name, isOwn && !(next.hasPrefix("at ") && isLibrary(path: next.dropFirst(3))))
        }
        let place = words.dropFirst().joined(separator: " ")
        let isOwn = !["__libc_", "_start", "__", "$s", "Swift."].contains { name.hasPrefix($0) }
        return (name, isOwn && !isLibrary(path: place[...]) && !isLibrary(path: text))
    }

    /// Go: `main.buy(0xc000010000)` and, on the next line, `/srv/shop.go:42 +0x1d`
    private static func go(_ line: Substring, _ next: Substring) -> Frame? {
        guard next.hasPrefix("/") || next.contains(".go:"), next.contains(".go:"), line.contains("."),
            !line.hasPrefix("/")
        else { return nil }
        let text = line.hasPrefix("created by ") ? line.dropFirst(11) : line
        let end = text.lastIndex(of: "(") ?? text.endIndex
        let name = text[..<end].split(separator: " ").first ?? ""
        // `(*Shop).buy` has brackets of its own.
        return (String(name), !name.hasPrefix("runtime.") && !name.hasPrefix("panic") && !isLibrary(path: next))
    }

    /// C's `backtrace_symbols`: `./shop(buy+0x1d) [0x4005d4]`
    private static func symbol(_ line: Substring) -> Frame? {
        guard line.hasSuffix("]"), let open = line.firstIndex(of: "("), let plus = line.lastIndex(of: "+"), open < plus,
            line.contains("[0x")
        else { return nil }
        let name = line[line.index(after: open)..<plus]
        return (String(name), !name.isEmpty && !name.hasPrefix("__libc_") && !isLibrary(path: line[..<open]))
    }
}

// MARK: - Parts of a frame

extension StackFrames {
    /// Where languages keep their own libraries, and installed packages.
    private static func isLibrary(path: Substring) -> Bool {
        [
            "/site-packages/", "/dist-packages/", "/lib/python", "node:", "/node_modules/", "internal/", "<anonymous>",
            "/usr/local/go/src/", "/go/pkg/mod/", "/usr/lib/go", "/.cargo/registry/", "/rustc/", "/lib/rustlib/",
            "libc.so", "libpthread", "libstdc++", "ld-linux", "libswift", "/usr/lib/swift", "/usr/lib/x86_64",
            "/lib/x86_64", "/lib/aarch64", "/usr/lib/aarch64", "../sysdeps/", "./nptl/", "../csu/",
        ].contains { path.contains($0) }
    }

    /// A function's name without its arguments and its build's hash.
    private static func function(_ word: Substring) -> String {
        var name = word.prefix { $0 != "(" }
        if let hash = name.range(of: "::h"), name[hash.upperBound...].count == 16 { name = name[..<hash.lowerBound] }
        return withoutNumbers(name)
    }

    /// `lambda$buy$12` and `lambda$buy$13` are one.
    private static func withoutNumbers(_ text: Substring) -> String {
        var out = ""
        for character in text where !(character.isNumber && out.hasSuffix("#")) {
            out.append(character.isNumber ? "#" : character)
        }
        return out
    }

    private static func withoutPlace(_ text: Substring) -> Substring {
        var text = text
        while let colon = text.lastIndex(of: ":"), !text[text.index(after: colon)...].isEmpty,
            text[text.index(after: colon)...].allSatisfy(\.isNumber)
        {
            text = text[..<colon]
        }
        return text
    }

    /// The file and its folder: where the program is installed does not matter.
    private static func lastParts(of path: Substring) -> String {
        path.split(separator: "/").suffix(2).joined(separator: "/")
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0.isWhitespace }
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? ""
    }

    fileprivate func range(of needle: String) -> Range<Index>? { ranges(of: needle).first }
}
