import GRDB
import MendEngine
import MendProtocol

/// What happens between the lines of an input: `@wait 5000`.
enum Direction {
    /// Milliseconds pass.
    case wait(Int64)
    /// The wall clock is set forward or back.
    case wall(Int64)
    /// From now on this user speaks.
    case user(Caller)
    /// From now on so many calls share a commit.
    case batch(Int)
    /// The client goes away, with what it waits for and what it was last given.
    case gone
    /// A process of the user who speaks ends.
    case died(Int32)
    case restart
    /// The host was away for so many milliseconds by its wall clock.
    case reboot(Int64)
    /// The disk has room for so many more pages.
    case full(Int64)
    /// The disk has room again.
    case space
    /// What no direction can be made of.
    case nothing

    /// Two years: far enough for every default, and a thousand of them are within the range of points in time.
    private static let mostMs: Int64 = 63_072_000_000

    static let examples = [
        "@wait 1000", "@wait 60000", "@wait 90000000", "@wall -5000", "@wall 86400000", "@user 1000 client",
        "@user 1001 client", "@user 0 operator", "@user 1002 observer", "@batch 1", "@batch 4", "@gone", "@died 1",
        "@died 3", "@restart",
        "@reboot 60000", "@full 0", "@full 2", "@space",
    ]

    init(_ line: [UInt8]) {
        let words = shown(line).split(separator: " ")
        let first = words.count > 1 ? Int64(words[1]) : nil
        let ms = min(max(first ?? 1000, -Self.mostMs), Self.mostMs)
        switch words.first {
        case "@wait": self = .wait(abs(ms))
        case "@wall": self = .wall(ms)
        case "@user":
            let role = words.count > 2 ? Role(rawValue: String(words[2])) : nil
            self = .user(Caller(uid: UInt32(clamping: first ?? 0), pid: 11, role: role ?? .client))
        case "@batch": self = .batch(Int(min(max(first ?? 1, 1), 64)))
        case "@gone": self = .gone
        case "@died": self = .died(Int32(clamping: first ?? 1))
        case "@restart": self = .restart
        case "@reboot": self = .reboot(ms)
        case "@full": self = .full(min(max(first ?? 0, 0), 64))
        case "@space": self = .space
        default: self = .nothing
        }
    }
}

extension EngineProbe {
    func follow(_ direction: Direction) throws {
        switch direction {
        case .wait(let ms): try pass(ms)
        case .wall(let ms):
            try commit()
            clock.wallMs = max(0, clock.wallMs + ms)
            try commit()
        case .user(let caller): self.caller = caller
        case .batch(let size): batchSize = size
        case .gone: try leave()
        case .died(let pid):
            pending.append(.endOwner(.process(process(pid)), ticket: unanswered()))
            try commit()
        case .restart:
            try follow(.space)
            try restart()
        case .reboot(let ms):
            try follow(.space)
            try commit()
            clock = ClockReading(bootID: clock.bootID + "+", sinceBootMs: 700, wallMs: max(0, clock.wallMs + ms))
            try restart()
        case .full(let spare):
            try database.writeWithoutTransaction { db in
                // What migrations and deleted rows have left free would be room, too.
                try db.execute(sql: "VACUUM")
                let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + spare)")
            }
        case .space:
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        case .nothing: break
        }
    }

    private func leave() throws {
        try commit()
        for number in open.keys.sorted() {
            let ticket = Ticket(origin: origin, number: number)
            pending.append(.endWait(of: ticket, ticket: unanswered(), caller: caller))
        }
        tally.abandoned += open.count
        open = [:]
        if !leased.isEmpty { pending.append(.returnLeases(leased, ticket: unanswered(), caller: caller)) }
        leased = []
        pending.append(.endOwner(.connection(ConnectionOwner(origin)), ticket: unanswered()))
        try commit()
        origin = Origin()
    }
}
