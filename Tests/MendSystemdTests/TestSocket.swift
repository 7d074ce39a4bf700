import Glibc

/// A socket, or what is mistaken for one, that a test opens and closes. Unix sockets are bound to an abstract name
/// that the kernel chooses, so that nothing is left behind.
struct TestSocket {
    struct Failure: Error {
        let errno: Int32
    }

    let descriptor: Int32

    static func listening() throws -> TestSocket {
        let socket = try bound(type: SOCK_STREAM)
        try check(listen(socket.descriptor, 1))
        return socket
    }

    static func bound(type: __socket_type) throws -> TestSocket {
        let descriptor = try check(Glibc.socket(AF_UNIX, Int32(type.rawValue), 0))
        // unix(7): with a family and nothing else the kernel chooses the name.
        var family = sa_family_t(AF_UNIX)
        let length = socklen_t(MemoryLayout.size(ofValue: family))
        try withUnsafeMutableBytes(of: &family) { bytes in
            _ = try check(bind(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, length))
        }
        return TestSocket(descriptor: descriptor)
    }

    static func internet() throws -> TestSocket {
        // listen(2) binds to a free port of its own accord.
        let socket = TestSocket(descriptor: try check(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)))
        try check(listen(socket.descriptor, 1))
        return socket
    }

    static func file() throws -> TestSocket {
        TestSocket(descriptor: try check(open("/dev/null", O_RDONLY)))
    }

    /// Moves the sockets to descriptors that follow each other, as an activator hands them over.
    static func adjacent(_ sockets: [TestSocket]) throws -> [TestSocket] {
        var first: Int32 = 500
        while true {
            var moved: [TestSocket] = []
            for (offset, socket) in sockets.enumerated() {
                // F_DUPFD takes the lowest free number from there on: others may be in use beside us.
                moved.append(.init(descriptor: try check(fcntl(socket.descriptor, F_DUPFD, first + Int32(offset)))))
            }
            if moved.enumerated().allSatisfy({ $1.descriptor == moved[0].descriptor + Int32($0) }) {
                for socket in sockets { socket.close() }
                return moved
            }
            first = moved[moved.count - 1].descriptor + 1
            for socket in moved { socket.close() }
        }
    }

    /// The name that the kernel chose, as sd_notify(3) takes it: `@` stands for the zero byte before it.
    func abstractName() throws -> String {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout.size(ofValue: address))
        return try withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            try Self.check(getsockname(descriptor, pointer, &length))
            let name = bytes[MemoryLayout<sa_family_t>.size..<Int(length)]
            return "@" + String(decoding: name.dropFirst(), as: UTF8.self)
        }
    }

    func close() {
        Glibc.close(descriptor)
    }

    @discardableResult
    static func check(_ result: Int32) throws -> Int32 {
        guard result >= 0 else { throw Failure(errno: errno) }
        return result
    }
}
