/// An operator's own pattern: what it matches is masked.
///
/// It is looked for in time that grows with the text's length and with nothing else, whatever the pattern: all ways to
/// match are followed at once (Ken Thompson, "Regular Expression Search Algorithm", CACM 11/6, 1968).
package struct MaskPattern: Sendable {
    /// Stands in brackets for what was masked.
    package let name: String
    private let program: [Instruction]
    /// With what a match begins.
    private let first: ByteSet

    /// Bytes of a pattern.
    package static let maxBytes = 512
    /// Instructions that it may become: each byte of a text is held against so many at most.
    private static let maxInstructions = 1000

    /// Why a pattern cannot be used, to follow "it".
    package struct Invalid: Error, CustomStringConvertible {
        package let description: String
    }

    private enum Instruction {
        case bytes(ByteSet)
        case assertion(MaskExpression.Assertion)
        /// Goes on here and there.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    package init(name: String, _ pattern: String) throws(Invalid) {
        guard (1...Self.maxBytes).contains(pattern.utf8.count), !pattern.utf8.contains(0) else {
            throw Invalid(description: "must have 1 to \(Self.maxBytes) bytes")
        }
        let expression = try MaskExpression.parse(pattern)
        guard !expression.canBeEmpty else { throw Invalid(description: "matches the empty text, so everywhere") }
        var program: [Instruction] = []
        try Self.emit(expression, to: &program)
        program.append(.match)
        self.name = name
        self.program = program
        first = Self.first(of: program)
    }

    /// The text without what the pattern matches; nothing where that is not in it.
    func masked(_ text: String, noting found: inout [String]) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            let places = matches(in: bytes)
            guard !places.isEmpty else { return nil }
            var out: [UInt8] = []
            var taken = 0
            for place in places {
                out.append(contentsOf: bytes[taken..<place.lowerBound])
                out.append(contentsOf: "[\(name)]".utf8)
                taken = place.upperBound
                found.append(name)
            }
            return String(decoding: out + bytes[taken...], as: UTF8.self)
        }
    }
}

// MARK: - Compiling

extension MaskPattern {
    private static func emit(_ node: MaskExpression.Node, to program: inout [Instruction]) throws(Invalid) {
        guard program.count < maxInstructions else {
            throw Invalid(description: "is too large: its repetitions multiply")
        }
        switch node {
        case .bytes(let set): program.append(.bytes(set))
        case .assertion(let assertion): program.append(.assertion(assertion))
        case .sequence(let nodes): for node in nodes { try emit(node, to: &program) }
        case .choice(let nodes): try emit(choice: nodes[...], to: &program)
        case .repetition(let node, let least, let most):
            for _ in 0..<least { try emit(node, to: &program) }
            guard let most else {
                let loop = program.count
                program.append(.match)
                try emit(node, to: &program)
                program.append(.jump(loop))
                program[loop] = .split(loop + 1, program.count)
                return
            }
            var exits: [Int] = []
            for _ in least..<most {
                exits.append(program.count)
                program.append(.match)
                try emit(node, to: &program)
            }
            for exit in exits { program[exit] = .split(exit + 1, program.count) }
        }
    }

    private static func emit(
        choice nodes: ArraySlice<MaskExpression.Node>, to program: inout [Instruction]
    ) throws(Invalid) {
        guard let node = nodes.first else { return }
        guard nodes.count > 1 else { return try emit(node, to: &program) }
        let split = program.count
        program.append(.match)
        try emit(node, to: &program)
        let jump = program.count
        program.append(.match)
        program[split] = .split(split + 1, program.count)
        try emit(choice: nodes.dropFirst(), to: &program)
        program[jump] = .jump(program.count)
    }

    private static func first(of program: [Instruction]) -> ByteSet {
        var (set, seen, rest) = (ByteSet(), Set<Int>(), [0])
        while let place = rest.popLast() {
            guard seen.insert(place).inserted else { continue }
            switch program[place] {
            case .bytes(let bytes): set.formUnion(bytes)
            case .assertion: rest.append(place + 1)
            case .split(let one, let other): rest += [one, other]
            case .jump(let to): rest.append(to)
            case .match: break
            }
        }
        return set
    }
}

// MARK: - Matching

extension MaskPattern {
    /// Ways to match that have come as far as an instruction: of those with the same one, the one that began first.
    private struct Ways {
        var begun: [Int]
        /// In the order in which they began.
        var places: [Int] = []

        init(count: Int) { begun = Array(repeating: -1, count: count) }

        mutating func removeAll() {
            for place in places { begun[place] = -1 }
            places.removeAll(keepingCapacity: true)
        }
    }

    /// Everything that is part of a match; matches that overlap are one.
    private func matches(in text: ByteText) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var (ways, next) = (Ways(count: program.count), Ways(count: program.count))
        var at = 0
        while at < text.count {
            if ways.places.isEmpty {
                while at < text.count, !first.contains(text[at]) { at += 1 }
                guard at < text.count else { break }
            }
            if first.contains(text[at]) { follow(0, begun: at, at: at, in: text, &ways, &found) }
            for place in ways.places {
                guard case .bytes(let set) = program[place], set.contains(text[at]) else { continue }
                follow(place + 1, begun: ways.begun[place], at: at + 1, in: text, &next, &found)
            }
            ways.removeAll()
            swap(&ways, &next)
            at += 1
        }
        return found
    }

    /// Goes on to the next instructions that take a byte.
    private func follow(
        _ place: Int, begun: Int, at: Int, in text: ByteText, _ ways: inout Ways, _ found: inout [Range<Int>]
    ) {
        var rest = [place]
        while let place = rest.popLast() {
            guard ways.begun[place] < 0 else { continue }
            ways.begun[place] = begun
            ways.places.append(place)
            switch program[place] {
            case .bytes: break
            case .assertion(let assertion): if Self.holds(assertion, at: at, in: text) { rest.append(place + 1) }
            case .split(let one, let other): rest += [other, one]
            case .jump(let to): rest.append(to)
            case .match: Self.note(begun..<at, &found)
            }
        }
    }

    private static func note(_ place: Range<Int>, _ found: inout [Range<Int>]) {
        var place = place
        while let last = found.last, place.lowerBound < last.upperBound {
            place = min(place.lowerBound, last.lowerBound)..<max(place.upperBound, last.upperBound)
            found.removeLast()
        }
        found.append(place)
    }

    private static func holds(_ assertion: MaskExpression.Assertion, at place: Int, in text: ByteText) -> Bool {
        func isWord(_ place: Int) -> Bool { text.indices.contains(place) && text[place].isWord }
        return switch assertion {
        case .start: place == 0
        case .end: place == text.count
        case .wordEdge: isWord(place - 1) != isWord(place)
        case .noWordEdge: isWord(place - 1) == isWord(place)
        }
    }
}
