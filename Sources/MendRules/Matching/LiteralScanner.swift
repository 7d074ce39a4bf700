/// Finds many literals in one pass over a text (Aho and Corasick, 1975), upper and lower case being one.
///
/// Each byte costs two loads, whatever the number of literals. Bytes that no literal has share one column of the table.
final class LiteralScanner: Sendable {
    private static let hasHits: UInt32 = 1 << 31

    /// The column of each byte.
    private let columns: [UInt8]
    /// Rows of the next row's beginning; the highest bit says that literals end there.
    private let table: [UInt32]
    /// For each row: its place in `ended`.
    private let endsAt: [Int32]
    /// Lists of literals, each behind its length.
    private let ended: [Int32]
    private let width: Int
    let count: Int

    /// - Parameter literals: in lower case, none of them empty.
    init(_ literals: [[UInt8]]) {
        count = literals.count
        let (columns, width) = Self.columns(of: literals)
        self.columns = columns
        self.width = width
        var trie = Trie(width: width)
        for (number, literal) in literals.enumerated() {
            trie.add(literal.map { Int(columns[Int($0)]) }, Int32(number))
        }
        let links = trie.link()
        var ended: [Int32] = []
        var endsAt = [Int32](repeating: 0, count: trie.count)
        for state in 0..<trie.count {
            // The literal that ends here, and those that end with it.
            var numbers: [Int32] = []
            var link = state
            while link > 0 {
                numbers += trie.ends[link]
                link = links[link]
            }
            guard !numbers.isEmpty else { continue }
            if ended.isEmpty { ended.append(0) }
            endsAt[state] = Int32(ended.count)
            ended.append(Int32(numbers.count))
            ended += numbers
        }
        self.ended = ended
        self.endsAt = endsAt
        table = trie.next.map { [width, endsAt] next in
            UInt32(Int(next) * width) | (endsAt[Int(next)] > 0 ? Self.hasHits : 0)
        }
    }

    /// Tells each literal in the text, once or more.
    func scan(_ bytes: UnsafeBufferPointer<UInt8>, _ found: (Int32) -> Void) {
        guard count > 0 else { return }
        columns.withUnsafeBufferPointer { columns in
            table.withUnsafeBufferPointer { table in
                var row: UInt32 = 0
                for byte in bytes {
                    row = table[Int(row) + Int(columns[Int(byte)])]
                    guard row >= Self.hasHits else { continue }
                    row &= ~Self.hasHits
                    let at = Int(endsAt[Int(row) / width])
                    for place in at + 1...at + Int(ended[at]) { found(ended[place]) }
                }
            }
        }
    }

    private static func columns(of literals: [[UInt8]]) -> (columns: [UInt8], width: Int) {
        var columns = [UInt8](repeating: 0, count: 256)
        var width = 1
        for byte in Set(literals.joined()).sorted() {
            columns[Int(byte)] = UInt8(truncatingIfNeeded: width)
            width += 1
        }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { columns[Int(byte)] = columns[Int(byte.lowercased)] }
        return (columns, width)
    }
}

/// The literals as a tree, a row of columns for each place in it.
private struct Trie {
    let width: Int
    private(set) var next: [UInt32]
    private(set) var ends: [[Int32]] = [[]]

    init(width: Int) {
        self.width = width
        next = Array(repeating: 0, count: width)
    }

    var count: Int { ends.count }

    mutating func add(_ columns: [Int], _ number: Int32) {
        var state = 0
        for column in columns {
            if next[state * width + column] == 0 {
                next[state * width + column] = UInt32(count)
                next += Array(repeating: 0, count: width)
                ends.append([])
            }
            state = Int(next[state * width + column])
        }
        ends[state].append(number)
    }

    /// Fills in where to go on after a byte that does not fit; gives for each state the longest other one that its text
    /// ends with.
    mutating func link() -> [Int] {
        var links = [Int](repeating: 0, count: count)
        var queue = next[0..<width].filter { $0 > 0 }.map(Int.init)
        var at = 0
        while at < queue.count {
            let state = queue[at]
            at += 1
            for column in 0..<width {
                let child = Int(next[state * width + column])
                let other = next[links[state] * width + column]
                if child == 0 {
                    next[state * width + column] = other
                } else {
                    links[child] = Int(other)
                    queue.append(child)
                }
            }
        }
        return links
    }
}
