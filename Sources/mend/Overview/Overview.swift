import MendClient
import MendProtocol
import MendWire

/// What several calls answered about the host at one time.
struct Overview {
    /// One of the calls.
    enum Part: Hashable {
        case hello, health, status, queues, deadLetters, parked, errors
        case breakers(BreakerState)

        /// The member of the object that programs get; those of one name are one list.
        var name: String {
            switch self {
            case .hello: "hello"
            case .health: "health"
            case .status: "status"
            case .breakers: "breakers"
            case .queues: "queues"
            case .deadLetters: "dead_letters"
            case .parked: "parked"
            case .errors: "errors"
            }
        }

        /// The member of the answer that has the list.
        fileprivate var items: String? {
            switch self {
            case .hello, .health, .status, .errors: nil
            case .breakers: "breakers"
            case .queues: "queues"
            case .deadLetters: "operations"
            case .parked: "transactions"
            }
        }

        /// The states of breakers, those first that somebody should look at.
        static let breakerStates: [BreakerState] = [.forcedOpen, .open, .halfOpen, .disabled, .closed]
        /// In the order in which they are asked and told.
        static let all: [Part] =
            [.health, .hello, .status] + breakerStates.map { .breakers($0) } + [
                .queues, .parked, .errors, .deadLetters,
            ]
    }

    /// When it was looked, in Unix milliseconds.
    let atMs: Int64
    private var answers: [Part: JSONValue] = [:]
    private(set) var refusals: [Part: ClientError] = [:]

    init(atMs: Int64) { self.atMs = atMs }

    subscript(part: Part) -> JSONValue? { answers[part] }

    mutating func add(_ answer: JSONValue, for part: Part) { answers[part] = answer }
    mutating func add(refusal: ClientError, for part: Part) { refusals[part] = refusal }

    /// What a method answered; nothing where it was not asked or has refused.
    func answer<M: Method>(_ part: Part, to method: M.Type) throws(ClientError) -> M.Answer? {
        guard let value = answers[part] else { return nil }
        return try M.answer(from: value)
    }

    var isHealthy: Bool { answers[.health]?["status"]?.matches("ok") ?? false }

    /// Dead letters that are there, as far as the status is known.
    var deadLetters: Int { answers[.status]?["operations"]?["dead"]?.integerValue ?? 0 }

    /// What it means for who asked for nothing else.
    var exitStatus: ExitStatus { isHealthy ? .done : .failed }

    /// All of it as one object on one line, without its end.
    func json(_ rates: OverviewRates? = nil) -> String {
        var writer = JSONWriter()
        writer.writeRaw("{\"at\":")
        writer.writeInteger(atMs)
        var names: [String] = []
        for part in Part.all where !names.contains(part.name) {
            names.append(part.name)
            writeMember(part, into: &writer)
        }
        if let rates {
            writer.writeRaw(",\"per_second\":")
            rates.write(into: &writer)
        }
        if !refusals.isEmpty {
            writer.writeRaw(",\"refused\":{")
            var told: Set<String> = []
            for part in Part.all {
                guard let refusal = refusals[part], told.insert(part.name).inserted else { continue }
                if told.count > 1 { writer.writeRaw(",") }
                writer.writeString(part.name)
                writer.writeRaw(":")
                writer.writeRaw(refusal.json)
            }
            writer.writeRaw("}")
        }
        writer.writeRaw("}")
        return writer.text
    }

    /// A list is whole or not there: a part of its calls may have been refused.
    private func writeMember(_ part: Part, into writer: inout JSONWriter) {
        let parts = Part.all.filter { $0.name == part.name }
        let values = parts.compactMap { answers[$0] }
        guard values.count == parts.count, let first = values.first else { return }
        writer.writeRaw(",")
        writer.writeString(part.name)
        writer.writeRaw(":")
        guard let items = part.items else { return writer.writeRaw(RawJSON(first).text) }
        let elements = values.flatMap { value in value[items].map { Array($0.elements) } ?? [] }
        writer.writeRaw("[" + elements.map { RawJSON($0).text }.joined(separator: ",") + "]")
    }
}

extension ClientError {
    /// As the wire has errors.
    var json: String { String(FailureReport(self, asJSON: true).text.dropLast()) }
}
