import Glibc
import Synchronization

/// Slots that each do one operation after the other, and the one thread that hears of signals.
struct Worker {
    let settings: WorkSettings
    let signals: ForwardedSignals
    /// How long what runs may go on once the worker is asked to stop.
    let graceMs: Int64

    private struct Ends {
        var left: Int
        var status: Int32 = 0
        var failure: (any Error)?
    }

    /// Runs `body` in each slot.
    ///
    /// - Returns: the first status that is not 0, else 0.
    func run(slots: Int, _ body: @escaping @Sendable (WorkSlot) throws -> Int32) throws -> Int32 {
        let stop = try WorkStop(slots: slots)
        let done = try Wake()
        let ends = Shared(Ends(left: slots))
        for wake in stop.wakes {
            let settings = settings
            try Thread.start {
                let result = Result { try body(WorkSlot(settings, stop: stop, wake: wake)) }
                ends.value.withLock { ends in
                    ends.left -= 1
                    switch result {
                    case .success(let status): if ends.status == 0 { ends.status = status }
                    case .failure(let error): ends.failure = ends.failure ?? error
                    }
                }
                done.set()
            }
        }
        var endMs: Int64?
        while true {
            let (left, failed) = ends.value.withLock { ($0.left, $0.failure != nil) }
            if left == 0 { break }
            // Where one cannot go on, nor can the others.
            if failed, !stop.isAsked { stop.ask(by: SIGTERM) }
            done.clear()
            takeSignals(stop, &endMs)
            let now = monotonicMs()
            if let due = endMs, due <= now { stop.end() }
            guard ends.value.withLock({ $0.left }) > 0 else { break }
            let waitMs = stop.isEnding ? nil : endMs.map { max(0, $0 - now) }
            done.wait(ms: waitMs ?? -1, or: signals.descriptor)
        }
        return try ends.value.withLock { ends in
            if let failure = ends.failure { throw failure }
            return ends.status
        }
    }

    /// The first one that asks for an end lets what runs finish; the second one does not.
    private func takeSignals(_ stop: WorkStop, _ endMs: inout Int64?) {
        while let number = signals.next() {
            guard ForwardedSignals.ending.contains(number) else { continue }
            if stop.isAsked {
                stop.end()
            } else {
                stop.ask(by: number)
                endMs = monotonicMs() + graceMs
                settings.voice.sayMore("no further operation is taken; what runs has \(DurationText.text(graceMs))")
            }
        }
    }
}

/// A value that threads share.
private final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: sending Value) { self.value = Mutex(value) }
}
