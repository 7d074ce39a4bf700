import MendEngine

/// Changes an input by what it is made of: lines, and the values in them.
package struct StoryMutator {
    private var writer: CallWriter
    private let hasDirections: Bool

    /// Does the same to the same input for the same seed.
    package init(seed: UInt64, hasDirections: Bool) {
        writer = CallWriter(seed: seed)
        self.hasDirections = hasDirections
    }

    package mutating func mutate(_ input: [UInt8]) -> [UInt8] {
        var lines = input.split(separator: 0x0A).map { Array($0) }
        for _ in 0..<writer.pick([1, 1, 2, 4]) { change(&lines) }
        return Array(lines.joined(separator: [0x0A])) + [0x0A]
    }

    private mutating func change(_ lines: inout [[UInt8]]) {
        let place = Int.random(in: 0...lines.count, using: &writer.random)
        guard place < lines.count else { return lines.append(newLine()) }
        switch Int.random(in: 0..<10, using: &writer.random) {
        case 0, 1: lines.insert(newLine(), at: place)
        case 2: lines.insert(lines[place], at: Int.random(in: 0...lines.count, using: &writer.random))
        case 3: lines.swapAt(place, Int.random(in: 0..<lines.count, using: &writer.random))
        case 4: lines.remove(at: place)
        case 5:
            let end = min(lines.count, place + writer.pick([2, 2, 3, 8]))
            lines[place..<end] = [[UInt8(ascii: "[")] + lines[place..<end].joined(separator: [0x2C]) + [0x5D]]
        default: replaceValue(in: &lines[place])
        }
    }

    private mutating func newLine() -> [UInt8] {
        let isDirection = hasDirections && writer.chance(1, in: 3)
        return Array((isDirection ? writer.pick(Direction.examples) : writer.call()).utf8)
    }

    /// Puts another value, or another name, in the place of one.
    private mutating func replaceValue(in line: inout [UInt8]) {
        let tokens = Self.tokens(line)
        guard !tokens.isEmpty else { return }
        let token = writer.pick(tokens)
        let other = writer.chance(1, in: 3) ? Array(line[writer.pick(tokens)]) : Array(writer.anyValue().utf8)
        line.replaceSubrange(token, with: other)
    }

    /// Strings, numbers and words.
    private static func tokens(_ line: [UInt8]) -> [Range<Int>] {
        var tokens: [Range<Int>] = []
        var at = 0
        while at < line.count {
            let start = at
            at += 1
            if line[start] == UInt8(ascii: "\"") {
                while at < line.count, line[at] != UInt8(ascii: "\"") { at += line[at] == UInt8(ascii: "\\") ? 2 : 1 }
                at = min(at + 1, line.count)
            } else if isWord(line[start]) {
                while at < line.count, isWord(line[at]) { at += 1 }
            } else {
                continue
            }
            tokens.append(start..<at)
        }
        return tokens
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch Character(UnicodeScalar(byte)) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "+", ".": true
        default: false
        }
    }
}
