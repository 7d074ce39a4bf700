import Glibc

/// The kernel's readiness queue. Swift's Glibc module leaves `sys/epoll.h` out, so its functions are looked up by name.
package struct Epoll: ~Copyable {
    private typealias Create = @convention(c) (Int32) -> Int32
    private typealias Control = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    private typealias Wait = @convention(c) (Int32, UnsafeMutableRawPointer, Int32, Int32) -> Int32

    /// What happened on a connection; an error counts as readable, since reading tells it.
    package struct Event {
        package let index: Int
        package let isReadable: Bool
        package let isWritable: Bool
    }

    private static let readable: UInt32 = 0x1
    private static let writable: UInt32 = 0x4
    private static let capacity: Int32 = 64
    // `struct epoll_event`: 32 bits of events, then 64 bits of the caller's, packed on x86-64 alone.
    #if arch(x86_64)
        private static let eventSize = 12
        private static let dataOffset = 4
    #else
        private static let eventSize = 16
        private static let dataOffset = 8
    #endif

    private let descriptor: Int32
    private let control: Control
    private let wait: Wait
    private let events: UnsafeMutableRawPointer

    package init() throws {
        guard let create = dlsym(nil, "epoll_create1"), let control = dlsym(nil, "epoll_ctl"),
            let wait = dlsym(nil, "epoll_wait")
        else { throw LoadFailure("the C library has no epoll") }
        let descriptor = unsafeBitCast(create, to: Create.self)(O_CLOEXEC)
        guard descriptor >= 0 else { throw LoadFailure.system("epoll_create1") }
        self.descriptor = descriptor
        self.control = unsafeBitCast(control, to: Control.self)
        self.wait = unsafeBitCast(wait, to: Wait.self)
        events = .allocate(byteCount: Int(Self.capacity) * Self.eventSize, alignment: 8)
    }

    deinit {
        events.deallocate()
        close(descriptor)
    }

    package func add(_ socket: Int32, index: Int) throws {
        try change(1, socket, index, Self.readable)
    }

    /// Whether to tell, beside what can be read, that a connection takes bytes again.
    package func setWriting(_ isWriting: Bool, _ socket: Int32, index: Int) throws {
        try change(3, socket, index, isWriting ? Self.readable | Self.writable : Self.readable)
    }

    /// Waits for at most 30 seconds, and answers the number of events; none where a signal ended the wait.
    @inline(__always)
    package func next() throws -> Int {
        let count = wait(descriptor, events, Self.capacity, 30_000)
        if count > 0 { return Int(count) }
        if count < 0, errno == EINTR { return 0 }
        throw count == 0 ? LoadFailure("no answer in 30 s") : LoadFailure.system("epoll_wait")
    }

    /// The same, for at most so long; none where nothing came.
    package func next(milliseconds: Int32) throws -> Int {
        let count = wait(descriptor, events, Self.capacity, milliseconds)
        guard count < 0, errno != EINTR else { return max(0, Int(count)) }
        throw LoadFailure.system("epoll_wait")
    }

    /// The event of the last wait at `position`.
    @inline(__always)
    package subscript(position: Int) -> Event {
        let event = events + position * Self.eventSize
        let bits = event.loadUnaligned(as: UInt32.self)
        let index = event.loadUnaligned(fromByteOffset: Self.dataOffset, as: UInt64.self)
        return Event(
            index: Int(index), isReadable: bits & ~Self.writable != 0, isWritable: bits & Self.writable != 0)
    }

    private func change(_ operation: Int32, _ socket: Int32, _ index: Int, _ bits: UInt32) throws {
        var event: (UInt64, UInt64) = (0, 0)
        let code = withUnsafeMutableBytes(of: &event) { bytes in
            bytes.storeBytes(of: bits, as: UInt32.self)
            bytes.storeBytes(of: UInt64(index), toByteOffset: Self.dataOffset, as: UInt64.self)
            return control(descriptor, operation, socket, bytes.baseAddress)
        }
        guard code == 0 else { throw LoadFailure.system("epoll_ctl") }
    }
}
