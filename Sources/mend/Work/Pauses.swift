/// Pauses between tries, each longer than the one before.
struct Pauses {
    private static let mostMs: Int64 = 5000
    private var ms: Int64 = 50

    mutating func nextMs() -> Int64 {
        ms = min(ms * 2, Self.mostMs)
        return ms
    }
}
