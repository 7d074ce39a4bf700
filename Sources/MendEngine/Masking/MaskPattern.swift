import Glibc

/// An operator's own pattern: what it matches is masked.
///
/// The pattern is a POSIX extended regular expression (regex(7)), as `grep -E` takes it, without back-references, which
/// could take for ever. It is matched byte by byte.
package final class MaskPattern: @unchecked Sendable {
    // Unchecked: `regexec` may be called from several threads with one compiled pattern (POSIX, regcomp(3)), and nothing else
    // is done with it before the end.
    private let compiled: UnsafeMutablePointer<regex_t>
    /// Stands in brackets for what was masked.
    package let name: String

    /// Bytes of a pattern.
    package static let maxBytes = 512

    /// Why a pattern cannot be used, to follow "it".
    package struct Invalid: Error, CustomStringConvertible {
        package let description: String
    }

    package init(name: String, _ pattern: String) throws(Invalid) {
        guard (1...Self.maxBytes).contains(pattern.utf8.count), !pattern.utf8.contains(0) else {
            throw Invalid(description: "must have 1 to \(Self.maxBytes) bytes")
        }
        guard !Self.hasBackReference(pattern) else { throw Invalid(description: "has a back-reference") }
        compiled = try Self.compile(pattern)
        self.name = name
    }

    private static func compile(_ pattern: String) throws(Invalid) -> UnsafeMutablePointer<regex_t> {
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        let status = regcomp(compiled, pattern, REG_EXTENDED)
        guard status == 0 else {
            defer { compiled.deallocate() }
            throw Invalid(description: "is no regular expression: \(reason(status, compiled))")
        }
        guard regexec(compiled, "", 0, nil, 0) != 0 else {
            regfree(compiled)
            compiled.deallocate()
            throw Invalid(description: "matches the empty text, so everywhere")
        }
        return compiled
    }

    deinit {
        regfree(compiled)
        compiled.deallocate()
    }

    /// The text without what the pattern matches; nothing where that is not in it.
    func masked(_ text: String, noting found: inout [String]) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            var out: [UInt8] = []
            var taken = 0
            while let range = match(bytes, from: taken) {
                out.append(contentsOf: bytes[taken..<range.lowerBound])
                out.append(contentsOf: "[\(name)]".utf8)
                taken = range.upperBound
                found.append(name)
            }
            guard taken > 0 else { return nil }
            return String(decoding: out + bytes[taken...], as: UTF8.self)
        }
    }

    /// The first place from `start` on, which is not empty.
    private func match(_ bytes: ByteText, from start: Int) -> Range<Int>? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        var place = regmatch_t(rm_so: regoff_t(start), rm_eo: regoff_t(bytes.count))
        // Bounds are told in `place`: the text has no NUL at its end.
        let flags = REG_STARTEND | (start > 0 ? REG_NOTBOL : 0)
        let status = base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
            regexec(compiled, $0, 1, &place, flags)
        }
        guard status == 0, place.rm_so < place.rm_eo else { return nil }
        return Int(place.rm_so)..<Int(place.rm_eo)
    }

    private static func hasBackReference(_ pattern: String) -> Bool {
        var isEscaped = false
        for byte in pattern.utf8 {
            if isEscaped, byte.isDigit { return true }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return false
    }

    private static func reason(_ status: Int32, _ compiled: UnsafePointer<regex_t>) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            _ = regerror(status, compiled, buffer.baseAddress, buffer.count)
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
