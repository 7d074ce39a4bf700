import Glibc

/// Readings of the system's clocks, in nanoseconds.
package enum Clock {
    @inline(__always)
    package static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// The time that all threads of this process have spent on a CPU.
    package static func processorTime() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    /// Waits; a signal ends the wait early.
    package static func pause(milliseconds: UInt32) {
        usleep(milliseconds * 1000)
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
