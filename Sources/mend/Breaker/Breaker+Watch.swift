import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension BreakerNoun {
    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "watch", abstract: "Shows the state of breakers, and each change of it as it happens.",
            discussion: """
                With --json the states are objects with 'breaker' and 'state' (null: nobody has used it yet), and the \
                changes are what `mend events follow` prints. Where the daemon is restarted it goes on after the last \
                change that it has shown.
                """)

        @Argument(help: "Their names; all breakers where none is given.", transform: Name.argument)
        var breakers: [Name] = []
        @Option(
            help: "How long to try to reach a daemon that is gone; for ever where it is left out.",
            transform: Milliseconds.duration)
        var reconnect: Milliseconds?
        @OptionGroup var globals: GlobalOptions

        func run() throws {
            var filter = EventFilter()
            filter.kinds = EventKinds("breaker.*").map { [$0] }
            if breakers.count == 1 { filter.breaker = breakers.first }
            let follower = EventFollower(globals: globals, filter: filter, patienceMs: reconnect?.value ?? .max)
            let names = Set(breakers)
            try follower.run { answer, client in
                let begun = try Events.Follow.answer(from: answer)
                try show(states(begun.snapshot, client))
            } told: { value in
                let name = value["event"]?["breaker"]?.stringValue.flatMap { Name($0) }
                if let name, !names.isEmpty, !names.contains(name) { return }
                try follower.show(value)
            }
        }

        /// Before the first event that will be told, and so from the snapshot: what a breaker answers for itself may be
        /// later already.
        private func states(
            _ snapshot: Events.Follow.Snapshot, _ client: BlockingClient
        ) throws(ClientError) -> [(Name, BreakerState?)] {
            var states: [Name: BreakerState] = [:]
            for live in snapshot.breakers { states[live.breaker] = live.state }
            guard breakers.isEmpty else {
                let known = client.callAll(breakers.map { Breaker.Get(breaker: $0) })
                var all: [(Name, BreakerState?)] = []
                for (name, answer) in zip(breakers, known) { all.append((name, try Self.state(states[name], answer))) }
                return all
            }
            var all: [(Name, BreakerState?)] = []
            var call = Breaker.List()
            repeat {
                let page = try client.call(call)
                all += page.breakers.map { ($0.breaker, states[$0.breaker] ?? .closed) }
                call.after = page.next
            } while call.after != nil
            return all
        }

        private static func state(
            _ live: BreakerState?, _ answer: Result<BreakerInfo, ClientError>
        ) throws(ClientError) -> BreakerState? {
            if let live { return live }
            do throws(ClientError) {
                _ = try answer.get()
                return .closed
            } catch .failed(let call) where call.reason == .notFound {
                return nil
            }
        }

        private func show(_ states: [(name: Name, state: BreakerState?)]) throws {
            guard !globals.quiet else { return }
            var screen = Screen.standard()
            var table = Table(.left("breaker"), .left("state"))
            for (name, state) in states {
                if globals.json {
                    let shown = state.map { "\"\($0.rawValue)\"" } ?? "null"
                    screen.line("{\"breaker\":\(RawJSON.string(name.text).text),\"state\":\(shown)}")
                } else {
                    let cell = state.map { Table.Cell($0.rawValue, $0.style) } ?? Table.Cell("not used yet", .faint)
                    table.add(Table.Cell(name.text), cell)
                }
            }
            if !table.isEmpty { screen.table(table) }
            try screen.flush()
        }
    }
}
