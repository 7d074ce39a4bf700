/// A point in time as the engine sees it: handed in, never asked for.
package struct Moment: Hashable, Sendable {
    /// Unix milliseconds. It may jump; only `run_at`, retention and display use it.
    package var wallMs: Int64
    /// Milliseconds that have passed since this state began, sleep and restarts included. It never goes backwards.
    package var elapsedMs: Int64

    package init(wallMs: Int64, elapsedMs: Int64) {
        self.wallMs = wallMs
        self.elapsedMs = elapsedMs
    }

    /// The wall time at which `elapsed` will have passed, as far as this moment can tell.
    package func wall(atElapsed elapsed: Int64) -> Int64 { wallMs + (elapsed - elapsedMs) }

    /// The elapsed time at which the wall clock will show `wall`, as far as this moment can tell.
    package func elapsed(atWall wall: Int64) -> Int64 { elapsedMs + (wall - wallMs) }
}

/// What the kernel's clocks say.
package struct ClockReading: Hashable, Sendable {
    /// `/proc/sys/kernel/random/boot_id`: whether two readings of `sinceBootMs` can be compared.
    package var bootID: String
    /// CLOCK_BOOTTIME, which counts sleep.
    package var sinceBootMs: Int64
    /// CLOCK_REALTIME.
    package var wallMs: Int64

    package init(bootID: String, sinceBootMs: Int64, wallMs: Int64) {
        self.bootID = bootID
        self.sinceBootMs = sinceBootMs
        self.wallMs = wallMs
    }
}

/// Turns readings into moments: elapsed time is CLOCK_BOOTTIME on a base that survives restarts and reboots.
package struct TimeBase: Hashable, Sendable {
    package let bootID: String
    /// What to add to `sinceBootMs`.
    package let offsetMs: Int64

    package init(bootID: String, offsetMs: Int64) {
        self.bootID = bootID
        self.offsetMs = offsetMs
    }

    /// The base to go on with after `last` was written under `base`. Within one boot the clock itself went on; over a
    /// reboot only the wall clock can tell how long it took, and it is not believed when it says less than nothing.
    package init(continuing base: TimeBase, last: Moment, with reading: ClockReading) {
        if base.bootID == reading.bootID {
            self = base
        } else {
            let away = max(0, reading.wallMs - last.wallMs)
            self.init(bootID: reading.bootID, offsetMs: last.elapsedMs + away - reading.sinceBootMs)
        }
    }

    package func moment(_ reading: ClockReading) -> Moment {
        Moment(wallMs: reading.wallMs, elapsedMs: reading.sinceBootMs + offsetMs)
    }
}
