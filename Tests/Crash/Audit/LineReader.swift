import Glibc
import LoadKit
import MendWire

/// The lines that come in on a blocking socket.
struct LineReader {
    private var input: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 262_144)

    /// The next line as JSON.
    mutating func next(from socket: Int32) throws -> JSONValue {
        var searched = 0
        while true {
            if let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { input.removeFirst(end + 1) }
                return try Link.parse(input[..<end])
            }
            searched = input.count
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { throw LoadFailure.system("no answer", count == 0 ? EPIPE : errno) }
            input += buffer[..<count]
        }
    }
}
