import MendEngine
import MendProtocol

/// Connections, processes, the daemon and the host end, and clocks are set.
extension World {
    /// The daemon is killed: before the commit, or after it and before anybody was told.
    func crash(after committed: Bool) throws {
        crashes += 1
        trace.note("\(steps) crash \(committed ? "after" : "before") the commit")
        if committed {
            _ = try engine.commit(batch, now: now)
            try noteCommit()
        }
        try begin(hostRestarted: false)
    }

    func reboot() throws {
        crashes += 1
        trace.note("\(steps) reboot")
        boots += 1
        let away = number(1_000...10_000_000)
        // A clock without a battery comes back in the past.
        let wallMs = clock.wallMs + (chance(80) ? away : -away)
        clock = ClockReading(bootID: "boot-\(boots)", sinceBootMs: 700, wallMs: wallMs)
        for index in processes.indices { processes[index] = newProcess(of: Self.users[index]) }
        try begin(hostRestarted: true)
    }

    func begin(hostRestarted: Bool) throws {
        let unanswered = listeners
        batch = []
        batchTickets = []
        listeners = [:]
        waiting = [:]
        asked = Asked()
        // Dictionaries have no order that a seed could repeat.
        for (_, told) in unanswered.sorted(by: { $0.key.number < $1.key.number }) { try told(nil) }
        connections = connections.map { Connection($0.caller, number: $0.number) }
        if !hostRestarted { pass(chance(90) ? number(0...5_000) : number(1...259_200_000)) }
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: random.next())
        queues.restarted(at: now, committedMs: committedMs, hostRestarted: hostRestarted)
        transactions.restarted()
        history.restarted(at: now, hostRestarted: hostRestarted)
        try breakers.restarted(self)
        // Those who watch over processes tell of the ones that ended meanwhile.
        for process in engine.heldProcesses.sorted(by: { $0.startTicks < $1.startTicks })
        where !processes.contains(process) {
            batch.append(.endOwner(.process(process), duringRestart: true, ticket: ticket(connections[0])))
            asked.noteEnd(of: .process(process))
        }
    }

    func endConnection() {
        let index = Int(number(0...Int64(connections.count - 1)))
        let old = connections[index]
        trace.note("\(steps) connection \(old.number) ends")
        connections[index] = Connection(old.caller, number: old.number)
        for ticket in waiting.keys.filter({ $0.origin === old }).sorted(by: { $0.number < $1.number }) {
            batch.append(.endWait(of: ticket, ticket: self.ticket(connections[0]), caller: old.caller))
            waiting[ticket] = []
        }
        batch.append(.endOwner(old.owner, ticket: ticket(connections[0])))
        asked.noteEnd(of: old.owner)
        queues.ownerEnds(old.owner)
        transactions.ownerEnds(old.owner)
        // Nobody is there to be told any more.
        for ticket in listeners.keys.filter({ $0.origin === old }).sorted(by: { $0.number < $1.number }) {
            let told = listeners[ticket]
            listeners[ticket] = { _ in try told?(nil) }
        }
    }

    func endProcess() {
        let index = Int(number(0...Int64(processes.count - 1)))
        let old = processes[index]
        trace.note("\(steps) process \(old.startTicks) ends")
        processes[index] = newProcess(of: Self.users[index])
        batch.append(.endOwner(.process(old), ticket: ticket(connections[0])))
        asked.noteEnd(of: .process(old))
        queues.ownerEnds(.process(old))
        transactions.ownerEnds(.process(old))
    }

    func newProcess(of user: Caller) -> ProcessIdentity {
        births += 1
        return ProcessIdentity(pid: user.pid, uid: user.uid, startTicks: births, bootID: clock.bootID)
    }

    func jumpWallClock() {
        clock.wallMs += chance(90) ? number(-7_200_000...7_200_000) : number(-40_000_000_000...40_000_000_000)
        trace.note("\(steps) the wall clock jumps")
    }
}
