import MendWire

/// A call that was read and is not yet answered.
struct InFlight {
    /// Nothing for a notification.
    let id: RequestID?
    let place: Place
    /// What it counts for against the connection's limit.
    let bytes: Int
    /// Nothing where it is not for the writer.
    let write: WriteKind?

    /// The texts that are made of it before it is written: as they came, masked, and as they are stored.
    var bytesOfCopies: Int { write == nil ? 0 : 2 * bytes }

    var mayWait: Bool { write == .mayWait }
}

/// Where an answer goes.
enum Place {
    /// In the order of the requests.
    case inOrder(UInt64)
    /// As soon as it is there.
    case aside
    /// Into the answer of a batch.
    case batch(Batch, index: Int)

    /// The place among the answers in order; nothing for one that goes out by itself.
    var slot: UInt64? {
        switch self {
        case .inOrder(let slot): slot
        case .aside: nil
        case .batch(let batch, _): batch.slot
        }
    }
}

/// The answers of a batch, which go out as one.
final class Batch {
    let slot: UInt64
    private var answers: [[UInt8]]
    private var missing: Int
    /// What is left of the line, each answer that is missing taken for an error.
    private var room: Int
    private static let errorBytes = 256

    init(slot: UInt64, count: Int, maxBytes: Int) {
        self.slot = slot
        answers = Array(repeating: [], count: count)
        missing = count
        room = maxBytes - 2 - count * Self.errorBytes
    }

    /// Whether an answer of this length fits into the line beside the others.
    func hasRoom(for bytes: Int) -> Bool { bytes <= room + Self.errorBytes }

    /// Takes an answer's line (nothing for a notification); gives the whole line once the last one is there. A batch of
    /// notifications has an empty one.
    func settle(_ index: Int, _ answer: [UInt8]) -> [UInt8]? {
        answers[index] = answer
        missing -= 1
        room -= answer.count + 1 - Self.errorBytes
        guard missing == 0 else { return nil }
        let lines = answers.filter { !$0.isEmpty }.map { $0.dropLast() }
        guard !lines.isEmpty else { return [] }
        return Array("[".utf8) + lines.joined(separator: Array(",".utf8)) + Array("]\n".utf8)
    }
}
