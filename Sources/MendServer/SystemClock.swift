import Glibc
import MendEngine

/// What the time is handed in from.
package protocol Clock: Sendable {
    func read() -> ClockReading
}

/// The kernel's clocks.
package struct SystemClock: Clock {
    static let bootID = readSmallFile("/proc/sys/kernel/random/boot_id")?.trimmed ?? "unknown"

    package init() {}

    package func read() -> ClockReading {
        ClockReading(
            bootID: Self.bootID, sinceBootMs: Self.milliseconds(CLOCK_BOOTTIME),
            wallMs: Self.milliseconds(CLOCK_REALTIME))
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The beginning of a file of the kernel's, which is never large; nothing where it cannot be read.
func readSmallFile(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
        let count = Glibc.read(file, buffer.baseAddress, buffer.count)
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

extension String {
    /// Without the end of its line.
    var trimmed: String { last == "\n" ? String(dropLast()) : self }
}
