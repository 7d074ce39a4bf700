import Glibc

/// Client sockets, and single questions over them.
package enum UnixSocket {
    /// A connected stream socket whose reads give up after 30 seconds.
    package static func connect(to path: String) throws -> Int32 {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw LoadFailure.system("a socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            close(socket)
            throw LoadFailure("\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, size) }
        }
        guard code == 0 else {
            let failure = LoadFailure.system("connect to \(path)")
            close(socket)
            throw failure
        }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return socket
    }

    /// Sends `question` and answers what comes back until it ends with `lastByte`.
    package static func ask(
        _ question: String, on socket: Int32, lastByte: UInt8 = UInt8(ascii: "\n")
    ) throws -> String {
        let bytes = Array(question.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw LoadFailure.system("send")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.last != lastByte {
            let count = recv(socket, &buffer, buffer.count, 0)
            // Who is asked to end meanwhile takes the answer first.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LoadFailure.system("no answer to \(question)", count == 0 ? EPIPE : errno) }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
