import CProcess
import Glibc

/// What a program prints that is started only to be asked something.
enum ChildText {
    /// - Returns: nothing where it cannot be started, fails, or has not ended in time.
    static func read(_ words: [String], timeoutMs: Int64) -> String? {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        guard let pipe = try? Pipe(),
            let child = try? ChildProcess.start(
                words, streams: ChildProcess.Streams(input: null, output: pipe.writing, error: null),
                takesTerminal: false)
        else { return nil }
        pipe.closeWriting()
        let untilMs = monotonicMs() + timeoutMs
        var bytes: [UInt8] = []
        var isWhole = false
        while !isWhole, untilMs > monotonicMs() {
            var ready = pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(clamping: untilMs - monotonicMs())) > 0 else { continue }
            withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { chunk in
                let count = Glibc.read(pipe.reading, chunk.baseAddress, chunk.count)
                if count > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count])) }
                isWhole = count == 0
            }
        }
        if !isWhole { child.signal(SIGKILL) }
        let end = child.reap()
        return isWhole && end.status == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
