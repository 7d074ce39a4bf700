import Glibc
import LoadKit

/// The daemon's memory: after its start, and what a connection adds that is up but silent.
struct MemoryRow: Row {
    let id = "B13"

    /// The daemon admits 512 connections of one user.
    private let connections = 500

    var figures: [Figure] {
        [
            Figure(measure: "resident memory, idle", unit: .mebibytes, peer: nil, bar: .atMost(30)),
            Figure(measure: "the same, per idle connection", unit: .kibibytes, peer: nil, bar: .atMost(10)),
        ]
    }

    func round(_ bench: Bench) throws -> [Sample] {
        try bench.withMend { server in
            let idle = try settledMemory(server)
            var sockets: [Int32] = []
            defer { for socket in sockets { close(socket) } }
            for _ in 0..<connections {
                sockets.append(try UnixSocket.connect(to: server.socket))
                let answer = try UnixSocket.ask(MendPeer.ping, on: sockets[sockets.count - 1])
                guard answer.contains(#""result""#) else { throw LoadFailure("unexpected answer: \(answer)") }
            }
            let full = try settledMemory(server)
            Text.note(
                "  mendd: \(Text.number(idle, decimals: 0)) KiB idle, "
                    + "\(Text.number(full, decimals: 0)) KiB with \(connections) connections")
            return [Sample(mend: idle / 1_024), Sample(mend: max(0, full - idle) / Double(connections))]
        }
    }

    /// What a server does right after an answer is over within half a second.
    private func settledMemory(_ server: Server) throws -> Double {
        Clock.pause(milliseconds: 500)
        return try server.residentMemory()
    }
}
