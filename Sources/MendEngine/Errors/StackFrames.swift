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
        switch stack {
        case .text(var text): return text.withUTF8 { inApp($0) }
        case .frames(let frames):
            var text: [UInt8] = []
            for var frame in frames {
                frame.withUTF8 { text.append(contentsOf: $0) }
                text.append(0x0A)
            }
            return text.withUnsafeBufferPointer { inApp($0) }
        }
    }

    private static func inApp(_ text: ByteText) -> [String] {
        let lines = text.split { $0 == 0x0A || $0 == 0x0D }.map { ByteText(rebasing: $0).trimmed }
        // Python has the innermost last.
        if lines.contains(where: { $0.hasPrefix("File \"") }) { return python(lines.suffix(maxLines)) }
        // What Java's other exceptions were caused by.
        let cause = lines.lastIndex { $0.hasPrefix("Caused by: ") } ?? lines.startIndex
        return innermostFirst(Array(lines[cause...].prefix(maxLines)))
    }

    private static func python(_ lines: ArraySlice<ByteText>) -> [String] {
        var frames: [String] = []
        for line in lines.reversed() where frames.count < most {
            guard line.hasPrefix("File \""), let end = line.dropping(6).firstIndex(of: UInt8(ascii: "\"")) else {
                continue
            }
            let file = line.dropping(6).first(end)
            guard !file.hasPrefix("<"), !isLibrary(path: file) else { continue }
            let function = line.find(", in ").map { line.dropping($0 + 5).string } ?? ""
            frames.append("\(lastParts(of: file)):\(function)")
        }
        return frames
    }

    private static func innermostFirst(_ lines: [ByteText]) -> [String] {
        var frames: [String] = []
        var isPlace = false
        for (number, line) in lines.enumerated() where frames.count < most {
            let next = number + 1 < lines.count ? lines[number + 1] : ByteText(start: nil, count: 0)
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
    private static func at(_ line: ByteText) -> Frame? {
        guard line.hasPrefix("at ") else { return nil }
        var rest = line.dropping(3)
        if rest.hasPrefix("async ") { rest = rest.dropping(6) }
        if rest.hasPrefix("new ") { rest = rest.dropping(4) }
        guard let open = rest.lastIndex(of: UInt8(ascii: "(")), rest.hasSuffix(")") else {
            return (lastParts(of: withoutPlace(rest)), !isLibrary(path: rest) && rest.contains(UInt8(ascii: "/")))
        }
        let place = ByteText(rebasing: rest[(open + 1)..<(rest.count - 1)])
        let function = rest.first(open)
        if function.hasSuffix(" ") {
            return (function.trimmed.string, place.contains(UInt8(ascii: ":")) && !isLibrary(path: place))
        }
        // Java names the module first: `java.base/java.util.ArrayList.get`
        let name = function.lastIndex(of: UInt8(ascii: "/")).map { function.dropping($0 + 1) } ?? function
        return (withoutNumbers(name), !javaLibraries.contains { name.hasPrefix($0) })
    }

    /// Rust, Swift and C number their frames: `4: shop::buy`, `#1 0x00… in buy shop.c:12`, `0 buy() + 12 in shop at …`
    private static func numbered(_ line: ByteText, _ next: ByteText) -> Frame? {
        let rest = line.hasPrefix("#") ? line.dropping(1) : line
        let digits = rest.end(of: \.isDigit, from: 0)
        guard digits > 0 else { return nil }
        var text = rest.dropping(digits)
        let isRust = text.hasPrefix(":")
        if isRust { text = text.dropping(1) }
        guard isRust || text.hasPrefix(" ") else { return nil }
        var words = text.split(separator: 0x20).map { ByteText(rebasing: $0) }[...]
        while let first = words.first,
            first.hasPrefix("0x") || first.hasPrefix("[") || first.string == "in" || first.string == "-"
        {
            words.removeFirst()
        }
        guard let name = words.first.map(function) else { return nil }
        if isRust {
            let isOwn = !rustLibraries.contains { name.hasPrefix($0) }
            return (name, isOwn && !(next.hasPrefix("at ") && isLibrary(path: next.dropping(3))))
        }
        let isOwn = !["__libc_", "_start", "__", "$s", "Swift."].contains { name.hasPrefix($0) }
        return (name, isOwn && !isLibrary(path: text))
    }

    /// Go: `main.buy(0xc000010000)` and, on the next line, `/srv/shop.go:42 +0x1d`
    private static func go(_ line: ByteText, _ next: ByteText) -> Frame? {
        guard next.find(".go:") != nil, line.contains(UInt8(ascii: ".")), !line.hasPrefix("/") else { return nil }
        let text = line.hasPrefix("created by ") ? line.dropping(11) : line
        let call = text.first(text.lastIndex(of: UInt8(ascii: "(")) ?? text.count)
        let name = call.first(call.firstIndex(of: 0x20) ?? call.count)
        // `(*Shop).buy` has brackets of its own.
        return (name.string, !name.hasPrefix("runtime.") && !name.hasPrefix("panic") && !isLibrary(path: next))
    }

    /// C's `backtrace_symbols`: `./shop(buy+0x1d) [0x4005d4]`
    private static func symbol(_ line: ByteText) -> Frame? {
        guard line.hasSuffix("]"), let open = line.firstIndex(of: UInt8(ascii: "(")),
            let plus = line.lastIndex(of: UInt8(ascii: "+")), open < plus, line.find("[0x") != nil
        else { return nil }
        let name = ByteText(rebasing: line[(open + 1)..<plus])
        return (name.string, !name.isEmpty && !name.hasPrefix("__libc_") && !isLibrary(path: line.first(open)))
    }
}

// MARK: - Parts of a frame

extension StackFrames {
    private static let javaLibraries: [StaticString] = [
        "java.", "javax.", "jdk.", "sun.", "com.sun.", "kotlin.", "scala.", "groovy.",
    ]

    private static let rustLibraries = [
        "std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "rust_", "__", "_start",
    ]

    /// Where languages keep their own libraries, and installed packages.
    private static let libraryPaths: [StaticString] = [
        "/site-packages/", "/dist-packages/", "/lib/python", "node:", "/node_modules/", "internal/", "<anonymous>",
        "/usr/local/go/src/", "/go/pkg/mod/", "/usr/lib/go", "/.cargo/registry/", "/rustc/", "/lib/rustlib/",
        "libc.so", "libpthread", "libstdc++", "ld-linux", "libswift", "/usr/lib/swift", "/usr/lib/x86_64",
        "/lib/x86_64", "/lib/aarch64", "/usr/lib/aarch64", "../sysdeps/", "./nptl/", "../csu/",
    ]

    /// With their first four bytes, by which nearly all that is no library is told.
    private static let libraries = libraryPaths.map { path in
        (head: UnsafeRawPointer(path.utf8Start).loadUnaligned(as: UInt32.self), path: path)
    }

    private static let beginsLibrary: [Bool] = {
        var begins = Array(repeating: false, count: 256)
        for path in libraryPaths { begins[Int(path.utf8Start.pointee)] = true }
        return begins
    }()

    private static func isLibrary(path: ByteText) -> Bool {
        let (bytes, begins, libraries) = (UnsafeRawBufferPointer(path), beginsLibrary, libraries)
        for place in 0..<max(0, bytes.count - 3) where begins[Int(bytes[place])] {
            let head = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            for library in libraries where library.head == head {
                if path.begins(with: library.path, at: place) { return true }
            }
        }
        return false
    }

    /// A function's name without its arguments and its build's hash.
    private static func function(_ word: ByteText) -> String {
        var name = word.first(word.firstIndex(of: UInt8(ascii: "(")) ?? word.count)
        if let hash = name.findLast("::h"), name.count - hash - 3 == 16 { name = name.first(hash) }
        return withoutNumbers(name)
    }

    /// `lambda$buy$12` and `lambda$buy$13` are one.
    private static func withoutNumbers(_ text: ByteText) -> String {
        var out: [UInt8] = []
        for byte in text where !(byte.isDigit && out.last == UInt8(ascii: "#")) {
            out.append(byte.isDigit ? UInt8(ascii: "#") : byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Without the numbers of line and column.
    private static func withoutPlace(_ text: ByteText) -> ByteText {
        var text = text
        while let colon = text.lastIndex(of: UInt8(ascii: ":")), colon + 1 < text.count,
            text[(colon + 1)...].allSatisfy(\.isDigit)
        {
            text = text.first(colon)
        }
        return text
    }

    /// The file and its folder: where the program is installed does not matter.
    private static func lastParts(of path: ByteText) -> String {
        guard let file = path.lastIndex(of: UInt8(ascii: "/")),
            let folder = path[..<file].lastIndex(of: UInt8(ascii: "/"))
        else { return (path.first == UInt8(ascii: "/") ? path.dropping(1) : path).string }
        return path.dropping(folder + 1).string
    }
}

extension ByteText {
    fileprivate var string: String { String(decoding: self, as: UTF8.self) }

    fileprivate var trimmed: ByteText {
        let start = end(of: \.isSpace, from: 0)
        var end = count
        while end > start, self[end - 1].isSpace { end -= 1 }
        return ByteText(rebasing: self[start..<end])
    }

    fileprivate func hasPrefix(_ text: StaticString) -> Bool { begins(with: text, at: 0) }

    fileprivate func hasSuffix(_ text: StaticString) -> Bool { begins(with: text, at: count - text.utf8CodeUnitCount) }

    fileprivate func dropping(_ length: Int) -> ByteText { ByteText(rebasing: self[length...]) }

    fileprivate func first(_ length: Int) -> ByteText { ByteText(rebasing: self[..<length]) }
}
