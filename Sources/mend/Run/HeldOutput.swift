import Glibc

/// Standard output that was kept back in a file.
enum HeldOutput {
    /// Prints it from its beginning, and closes it.
    static func print(_ descriptor: Int32?) throws {
        guard let descriptor else { return }
        defer { close(descriptor) }
        lseek(descriptor, 0, SEEK_SET)
        try copy(descriptor, to: 1)
    }

    static func copy(_ descriptor: Int32, to other: Int32) throws {
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw SystemFailure("what was kept back cannot be read", errno) }
                guard count > 0 else { return }
                guard writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: other) else {
                    throw SystemFailure("the output cannot be written", errno)
                }
            }
        }
    }
}
