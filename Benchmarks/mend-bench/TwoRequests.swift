/// A unit of two requests, the second of which may carry numbers that the first one's answer gave. One in flight.
struct TwoRequests: Conversation {
    /// Up to two numbers out of an answer: an id, and perhaps a token that goes with it.
    typealias Numbers = (Int, Int)

    private enum Step {
        case first
        case second(Numbers)
    }

    private let first: [UInt8]
    /// The second request, cut where a number stands.
    private let second: [[UInt8]]
    private let linesOfFirstAnswer: Int
    private let numbers: (UnsafeRawBufferPointer) -> Numbers?
    private let isGood: (UnsafeRawBufferPointer) -> Bool
    private var steps: [Step]

    /// - Parameters:
    ///   - linesOfFirstAnswer: how many lines make the answer to the first request.
    ///   - numbers: the numbers in a good answer to the first request; nil where it is not good.
    ///   - isGood: whether the second request, answered by one line, succeeded.
    init(
        connections: Int, first: String, second: [String], linesOfFirstAnswer: Int = 1,
        numbers: @escaping (UnsafeRawBufferPointer) -> Numbers?, isGood: @escaping (UnsafeRawBufferPointer) -> Bool
    ) {
        precondition(second.count <= 3, "two numbers cut a request in three at most")
        self.first = Array(first.utf8)
        self.second = second.map { Array($0.utf8) }
        self.linesOfFirstAnswer = linesOfFirstAnswer
        self.numbers = numbers
        self.isGood = isGood
        steps = Array(repeating: .first, count: connections)
    }

    /// A number has up to 20 digits.
    var longestRequest: Int { max(first.count, second.reduce(0) { $0 + $1.count } + 2 * 20) }

    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int {
        guard case .second(let numbers) = steps[connection] else { return output.put(first) }
        var length = 0
        for (index, piece) in second.enumerated() {
            if index > 0 { length += (output + length).put(decimal: index == 1 ? numbers.0 : numbers.1) }
            length += (output + length).put(piece)
        }
        return length
    }

    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing {
        switch steps[connection] {
        case .first:
            guard let answer = answer(in: input, lines: linesOfFirstAnswer) else { return .incomplete }
            guard let numbers = numbers(answer) else { return .bad }
            steps[connection] = .second(numbers)
            return .good(length: answer.count, endsUnit: false)
        case .second:
            guard let answer = answer(in: input, lines: 1) else { return .incomplete }
            steps[connection] = .first
            return isGood(answer) ? .good(length: answer.count, endsUnit: true) : .bad
        }
    }

    private func answer(in input: UnsafeRawBufferPointer, lines: Int) -> UnsafeRawBufferPointer? {
        var length = 0
        for _ in 0..<lines {
            let rest = UnsafeRawBufferPointer(rebasing: input[length...])
            guard let line = rest.firstLine() else { return nil }
            length += line
        }
        return UnsafeRawBufferPointer(rebasing: input[..<length])
    }
}
