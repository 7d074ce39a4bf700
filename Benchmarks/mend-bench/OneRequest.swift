/// The same request again and again, answered by one line each.
struct OneRequest: Conversation {
    let request: [UInt8]
    let isGood: (UnsafeRawBufferPointer) -> Bool

    init(_ request: String, isGood: @escaping (UnsafeRawBufferPointer) -> Bool) {
        self.request = Array(request.utf8)
        self.isGood = isGood
    }

    var longestRequest: Int { request.count }

    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int {
        output.put(request)
    }

    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing {
        guard let length = input.firstLine() else { return .incomplete }
        return isGood(UnsafeRawBufferPointer(rebasing: input[..<length])) ? .good(length: length, endsUnit: true) : .bad
    }
}
