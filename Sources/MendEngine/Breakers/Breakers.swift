import MendProtocol

/// What the table's lock guards: the breakers, the permits that are out, and what is not written yet.
struct Breakers {
    /// A breaker with its name. A class, so that a call finds it once and changes it in place.
    final class Entry {
        let name: Name
        var machine: BreakerMachine
        /// What of its settings was said of it by name.
        var said: Breaker.Configure?
        /// Whether it has a row on disk, or is about to.
        var hasRow = false
        /// Who was the first to use it; nobody where it was made by hand.
        var uid: UInt32?
        var isDirty = false
        /// Permits of leased operations that have not been given to their workers.
        var lent: [Int64: Lent] = [:]
        /// Whether an operation was refused that waits for it.
        var isAwaited = false

        struct Lent: Equatable {
            let uid: UInt32
            let period: Int
        }

        init(_ name: Name, _ machine: BreakerMachine) {
            self.name = name
            self.machine = machine
        }
    }

    /// Permits of all breakers that can be out at a time.
    static let maxPermits = 100_000
    /// Abandoned permits whose breaker is remembered, for a late `breaker.record`.
    static let maxAbandoned = 4096
    /// How often the whole table may be looked through for what can be given up, in elapsed milliseconds.
    static let reliefIntervalMs: Int64 = 1000

    let maxCount: Int
    let maxPerUser: Int
    var byName: [Name: Entry] = [:]
    /// The same entries, in the order of their names.
    var sorted: [Entry] = []
    /// How many of them have which user.
    var perUser: [UInt32: Int] = [:]
    /// What was said by pattern, shorter ones first.
    var patterns: [(pattern: NamePattern, said: Breaker.Configure)] = []
    var nextReliefAt: Int64 = .min

    private var holds = PermitHolds()
    /// The breakers of permits that are out, and of those that were abandoned last.
    var byPermit: [Int64: Entry] = [:]
    private var abandoned: [Int64] = []
    private var oldestAbandoned = 0
    var permitsOut: Int { byPermit.count - abandoned.count }

    private let firstPermit: Int64
    let permitBlock: Int64
    var nextPermit: Int64
    var permitsEnd: Int64

    /// What is not written yet: the breakers themselves, and what became of them, in order.
    var dirty: [Entry] = []
    var transitions: [BreakerTransition] = []
    var transitionsLost: Int64 = 0
    var wishesPersist = false
    /// Breakers that may let pass what they refused.
    var freed: [Name] = []
    var random: RandomSource

    init(maxCount: Int, maxPerUser: Int, permitsFrom: Int64, permitBlock: Int64, seed: UInt64) {
        self.maxCount = maxCount
        self.maxPerUser = maxPerUser
        // A permit that is 0 is too easily taken for none.
        firstPermit = max(1, permitsFrom)
        nextPermit = firstPermit
        permitsEnd = permitsFrom + permitBlock
        self.permitBlock = permitBlock
        random = RandomSource(seed: seed)
    }

    subscript(name: Name) -> Entry? { byName[name] }
}

// MARK: - Calls

extension Breakers {
    mutating func acquire(
        _ name: Name, _ request: BreakerMachine.Request, owner: Owner?, now: Moment
    ) throws(CallError) -> Breaker.Acquire.Answer {
        let entry = try findOrCreate(name, by: request.uid, now: now)
        if permitsOut >= Self.maxPermits { relieve(at: now) }
        let permit = nextPermit
        let (transitions, state) = (entry.machine.transitions, entry.machine.state)
        let decision = entry.machine.acquire(
            permit, request, at: now, hasRoom: permitsOut < Self.maxPermits && permit < permitsEnd,
            onAbandoned: { abandon($0) })
        if entry.machine.transitions != transitions { noteTransition(of: entry, from: state, at: now) }
        switch decision {
        case .granted(let why):
            byPermit[permit] = entry
            if let owner { holds.insert(permit, owner) }
            nextPermit += 1
            if nextPermit == permitsEnd - permitBlock / 2 { wishesPersist = true }
            return Breaker.Acquire.Answer(granted: true, state: entry.machine.state, why: why, permit: permit)
        case .denied(let why, let retryAfterMs):
            return Breaker.Acquire.Answer(
                granted: false, state: entry.machine.state, why: why, retryAfterMs: retryAfterMs)
        case .exhausted(let retryAfterMs):
            throw tooManyPermits(of: entry, retryAfterMs)
        }
    }

    func tooManyPermits(of entry: Entry, _ retryAfterMs: Int64) -> CallError {
        CallError(
            .unavailable,
            "too many permits are out: \(entry.machine.permitsOut) of \(entry.name), \(permitsOut) in all",
            hint: "call breaker.record for each permit; one that is not returned ends after permit_ms",
            retryAfterMs: retryAfterMs)
    }

    mutating func record(
        _ permit: Int64, _ outcome: MendProtocol.Outcome, durationMs: Int64?, usedFallback: Bool, uid: UInt32,
        isOperator: Bool, now: Moment
    ) throws(CallError) -> Breaker.Record.Answer {
        guard let entry = try entry(ofPermit: permit, uid: uid, isOperator: isOperator) else {
            return Breaker.Record.Answer(breaker: nil, state: nil, stale: true)
        }
        let (transitions, state) = (entry.machine.transitions, entry.machine.state)
        var random = random
        defer { self.random = random }
        let isFresh = entry.machine.finish(
            permit, outcome, durationMs: durationMs, at: now, random: &random, onAbandoned: { abandon($0) })
        if isFresh {
            byPermit[permit] = nil
            holds.remove(permit)
            if usedFallback { entry.machine.tally.fallbacks += 1 }
        }
        if entry.machine.transitions != transitions { noteTransition(of: entry, from: state, at: now) }
        if entry.isAwaited { noteFreed(entry) }
        return Breaker.Record.Answer(
            breaker: entry.name, state: entry.machine.state, stale: isFresh ? nil : true)
    }

    /// Nothing where the permit is of an earlier run, or was abandoned long ago.
    func entry(ofPermit permit: Int64, uid: UInt32, isOperator: Bool) throws(CallError) -> Entry? {
        guard permit > 0, permit < nextPermit else {
            throw CallError(.notFound, "there was never a permit \(permit)", field: "permit")
        }
        guard let entry = byPermit[permit] else { return nil }
        if let holder = entry.machine.holder(of: permit), holder != uid, !isOperator {
            throw CallError(.permissionDenied, "permit \(permit) belongs to another user", field: "permit")
        }
        return entry
    }

    mutating func info(_ name: Name, now: Moment) -> BreakerInfo? {
        byName[name].map { info($0, now: now) }
    }

    mutating func list(state: BreakerState?, limit: Int, after: Name?, now: Moment) -> Breaker.List.Answer {
        var infos: [BreakerInfo] = []
        let isFirst = state == nil && after == nil && !patterns.isEmpty
        let said = isFirst ? patterns.map(\.said) : nil
        for entry in sorted[(after.map(firstIndex(after:)) ?? 0)...] {
            if let state, entry.machine.state != state { continue }
            if infos.count == limit {
                return Breaker.List.Answer(breakers: infos, next: infos.last?.breaker, patterns: said)
            }
            infos.append(info(entry, now: now))
        }
        return Breaker.List.Answer(breakers: infos, next: nil, patterns: said)
    }

    func countsByState() -> [String: Int] {
        sorted.reduce(into: [:]) { counts, entry in counts[entry.machine.state.rawValue, default: 0] += 1 }
    }

    mutating func info(_ entry: Entry, now: Moment) -> BreakerInfo {
        entry.machine.sweep(at: now) { abandon($0) }
        return entry.machine.info(of: entry.name, at: now)
    }

    /// Takes back what an owner that has ended held.
    mutating func end(_ owner: Owner) {
        for permit in holds.removeAll(of: owner) {
            byPermit[permit]?.machine.abandon(permit)
            if let entry = byPermit[permit], entry.isAwaited { noteFreed(entry) }
            abandon(permit)
        }
    }

    /// Processes that permits are tied to.
    var heldProcesses: [ProcessIdentity] { holds.processes }

    /// Remembers the breaker of an abandoned permit until as many others have been abandoned.
    mutating func abandon(_ permit: Int64) {
        holds.remove(permit)
        if abandoned.count < Self.maxAbandoned {
            abandoned.append(permit)
        } else {
            byPermit[abandoned[oldestAbandoned]] = nil
            abandoned[oldestAbandoned] = permit
            oldestAbandoned = (oldestAbandoned + 1) % Self.maxAbandoned
        }
    }
}
