import Glibc
import LoadKit
import MendWire

/// Clients that keep a daemon busy with everything at once, on one thread, until it is gone.
final class Load {
    let ledger: Ledger
    let socket: String
    var random: SeededRandom
    private(set) var links: [Link]
    private var epoll: Epoll

    /// Enqueues that may be sent again, and leases that may be presented again, after a restart.
    var again: [Asked] = []
    /// Transactions whose saga ended with its connection.
    var abandonedSagas: [Int] = []
    /// Operations that were enqueued and may be cancelled.
    var recent: [Int] = []
    /// Live operations beyond which producers rest.
    var mostLive = 4_000
    private(set) var live = 0
    /// Leases that workers keep for later, so many at most, and whether later is now.
    var hoard: [Asked.Token] = []
    var mostHoarded = 0
    var spendsHoard = false
    /// Whether new work is brought at all.
    var bringsWork = true

    init(_ ledger: Ledger, socket: String, roles: [Role], seed: UInt64) throws {
        self.ledger = ledger
        self.socket = socket
        random = SeededRandom(seed: seed)
        links = roles.map(Link.init)
        epoll = try Epoll()
    }

    static let fullHouse: [Role] =
        Array(repeating: .producer, count: 24) + Array(repeating: .worker(holds: false), count: 12)
        + Array(repeating: .worker(holds: true), count: 8) + Array(repeating: .undoer, count: 3)
        + Array(repeating: .saga, count: 16) + Array(repeating: .reporter, count: 3)
        + (0..<4).map { .breakerUser(breaker: $0) }

    func open() throws {
        epoll = try Epoll()
        for (index, link) in links.enumerated() {
            try link.open(socket)
            try epoll.add(link.socket, index: index)
        }
    }

    /// Goes on until every connection is at its end, which the end of the daemon is, or until `isOver` says so.
    func run(_ isOver: () -> Bool = { false }) throws {
        while links.contains(where: \.isOpen) {
            try Interruption.check()
            if isOver() { return }
            // Who waits for no answer is not woken by one.
            for index in links.indices where links[index].isOpen && links[index].pending.isEmpty { try go(index) }
            for position in 0..<(try epoll.next(milliseconds: 100)) {
                let event = epoll[position]
                guard links[event.index].isOpen else { continue }
                if event.isReadable, try !receive(event.index) {
                    end(links[event.index])
                    continue
                }
                try go(event.index)
            }
        }
    }

    /// Ends the clients; the daemon goes on.
    func close() {
        for link in links {
            ledger.ownerEnded(link.leased)
            end(link)
        }
    }

    private func receive(_ index: Int) throws -> Bool {
        let link = links[index]
        return try link.receive { asked, answer in
            ledger.hear(asked, answer)
            countLive(asked, answer)
            follow(link, asked, answer)
        }
    }

    /// Asks what there is to ask.
    private func go(_ index: Int) throws {
        let link = links[index]
        // A worker that dies takes what it holds with it.
        if case .worker(holds: true) = link.role, random.oneIn(2_000) {
            ledger.ownerEnded(link.leased)
            end(link)
            try link.open(socket)
            try epoll.add(link.socket, index: index)
        }
        while link.pending.count < link.role.inFlight, let asked = next(link) { ask(link, asked) }
        if try link.flush() { try epoll.setWriting(link.isBlocked, link.socket, index: index) }
    }

    private func ask(_ link: Link, _ asked: Asked) {
        ledger.note(asked)
        link.ask(asked) { id in asked.line(id: id, ledger) }
    }

    /// The connection is gone: what was on its way may or may not have happened.
    private func end(_ link: Link) {
        guard link.isOpen else { return }
        for asked in link.close() + link.todo {
            switch asked {
            case .enqueue(_, .idempotent), .complete: again.append(asked)
            case .fail(let token), .release(let token), .extend(let token, _):
                // Whether its time has ended or not, whoever completes it now is told the truth.
                if random.oneIn(4) { again.append(.complete(token)) }
            default: break
            }
        }
        link.todo = []
        if let saga = link.saga, ledger.sagas[saga].id != nil { abandonedSagas.append(saga) }
        link.saga = nil
    }

    private func countLive(_ asked: Asked, _ answer: JSONValue) {
        guard let result = answer["result"] else { return }
        switch asked {
        case .enqueue: live += result["deduplicated"]?.boolValue == true ? 0 : 1
        case .complete, .cancel: live -= 1
        case .fail: live -= result["state"]?.stringValue == "dead" ? 1 : 0
        default: break
        }
    }
}
