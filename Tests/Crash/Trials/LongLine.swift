import Glibc
import LoadKit

/// A process of R6: sends lines that are much too long, one after the other, until it is asked to end. Each must be
/// answered as such, on a connection that lives on.
struct LongLine {
    let socket: String
    let megabytes: Int

    func run() throws {
        let link = try UnixSocket.connect(to: socket)
        defer { close(link) }
        var sent = 0
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        while !Interruption.requested {
            for number in 0..<megabytes {
                // A line that has begun becomes too long all the same.
                if Interruption.requested, number > 1 { break }
                try Self.send(chunk, link)
            }
            let answer = try UnixSocket.ask("\n", on: link)
            guard answer.contains(#""reason":"too_large""#) else { throw LoadFailure("answered with \(answer)") }
            let alive = try UnixSocket.ask(Mendd.ping, on: link)
            guard alive.contains(#""result""#) else { throw LoadFailure("answered with \(alive)") }
            sent += 1
        }
        Text.note("\(sent)")
    }

    private static func send(_ bytes: [UInt8], _ link: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(link, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LoadFailure.system("send") }
            sent += count
        }
    }
}
