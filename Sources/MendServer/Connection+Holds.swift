import MendEngine
import MendProtocol

/// What is tied to this connection, and to the processes that its client names.
extension Connection {
    /// The number of the call after which no answer follows.
    private static let barrier = UInt64.max

    /// Whose end is to end what a call asks for. It is found at the moment at which the call goes on its way, so that the
    /// owner's end comes after it.
    func owner(of hold: Hold?) throws(CallError) -> Owner? {
        switch hold {
        case nil: return nil
        case .connection:
            hasHolds = true
            return origin.map { .connection(ConnectionOwner($0)) }
        case .process(let pid):
            try checkSharesProcessNumbers()
            let process = try core.processes.identity(of: pid, for: caller)
            if let sweep = core.processes.claimSweep() { loop.submit(sweep.call) }
            return .process(process)
        }
    }

    /// A number from another pid namespace means another process here.
    private func checkSharesProcessNumbers() throws(CallError) {
        let shares = sharesProcessNumbers ?? ProcessIdentity.sharesNumbers(with: caller)
        sharesProcessNumbers = shares
        guard !shares else { return }
        throw CallError(
            .permissionDenied,
            "a process can only be named by one of the daemon's own pid namespace that lives; who connected is not",
            field: "hold.pid", hint: #"use "connection" instead"#)
    }

    /// Ends what a permit was tied to a moment ago, where its process has ended before it was tied.
    func endPermits(ofEnded owner: Owner?) {
        guard case .process(let process)? = owner, !core.processes.isWatched(process, for: caller) else { return }
        loop.endPermits(of: .process(process))
    }

    /// Ends what is tied to this connection once its last answers have come back: leases among them that it never saw go
    /// back unspent. A stop of the daemon ends no hold.
    func endHolds() {
        guard hasHolds || mayHaveAdopted, !isStopping, let origin else { return }
        if hasHolds { loop.endPermits(of: .connection(ConnectionOwner(origin))) }
        loop.submit(.barrier(ticket: Ticket(origin: origin, number: Self.barrier), caller: caller))
    }

    /// Whether it may have presented what was tied to a connection of an earlier run of the daemon.
    private var mayHaveAdopted: Bool {
        guard case .running(let running) = core.service, let endsMs = running.adoptionEndsMs else { return false }
        return connectedAtMs <= endsMs
    }

    /// Ends its holds where this is the answer after which no other follows.
    func endHolds(after outcome: CallOutcome) {
        guard outcome.ticket.number == Self.barrier else { return }
        // In its user's name, so that it comes after the return of what was never seen.
        loop.submit(
            .endOwner(.connection(ConnectionOwner(outcome.ticket.origin)), ticket: .unanswered, caller: caller))
    }
}
