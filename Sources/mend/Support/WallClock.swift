import Glibc

/// The time now, and how points in time are written and read where this program runs.
package struct WallClock {
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let nowMs: Int64
    private let isUTC: Bool

    /// `isUTC`: for those whose results must not depend on where they run.
    package init(nowMs: Int64, isUTC: Bool) {
        self.nowMs = nowMs
        self.isUTC = isUTC
    }

    package static func system() -> WallClock {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return WallClock(nowMs: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000, isUTC: false)
    }

    // MARK: Writing

    /// `12:03:11 (3m ago)`, of another day `2026-01-02 12:03:11 (4d ago)`.
    package func text(_ milliseconds: Int64) -> String { "\(point(milliseconds)) (\(age(milliseconds)))" }

    package func text(_ milliseconds: Int64?) -> String? { milliseconds.map(text) }

    /// `3m ago`, `in 20s`, `now`.
    package func age(_ milliseconds: Int64) -> String {
        let (past, overflow) = nowMs.subtractingReportingOverflow(milliseconds)
        if overflow { return "long ago" }
        if abs(past) < 1000 { return "now" }
        // Whole seconds are enough for a glance.
        return past > 0
            ? "\(DurationText.text(past / 1000 * 1000)) ago" : "in \(DurationText.text(-past / 1000 * 1000))"
    }

    package func age(_ milliseconds: Int64?) -> String? { milliseconds.map(age) }

    /// `12:03:11`, of another day `2026-01-02 12:03:11`.
    package func point(_ milliseconds: Int64) -> String {
        var then = Self.broken(milliseconds / 1000, isUTC: isUTC)
        let today = Self.broken(nowMs / 1000, isUTC: isUTC)
        let isToday = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress,
                strftime(start, buffer.count, isToday ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then) > 0
            else { return String(milliseconds) }
            return String(cString: start)
        }
    }

    private static func broken(_ seconds: Int64, isUTC: Bool) -> tm {
        var seconds = time_t(seconds)
        var parts = tm()
        if isUTC { gmtime_r(&seconds, &parts) } else { localtime_r(&seconds, &parts) }
        return parts
    }

    // MARK: Reading

    /// `2026-01-02 03:00`, `2026-01-02T03:00:00`, `03:00` (of today), with a `Z` at the end in UTC, `@1767322800`
    /// (seconds), and `now`; in Unix milliseconds.
    package func milliseconds(_ text: String) throws(Invalid) -> Int64 {
        if text == "now" { return nowMs }
        if text.hasPrefix("@"), let seconds = Int64(text.dropFirst()) {
            let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            if !overflow { return milliseconds }
        }
        let isZulu = text.hasSuffix("Z")
        let plain = isZulu ? text.dropLast() : text[...]
        let parts = plain.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == " " || $0 == "T" }
        let isUTC = isZulu || isUTC
        var point = Self.broken(nowMs / 1000, isUTC: isUTC)
        if parts.count == 2
            ? Self.setDay(parts[0], of: &point) && Self.setTime(parts[1], of: &point)
            : Self.setTime(plain, of: &point)
        {
            // Whether summer time is in force is for the zone to say.
            point.tm_isdst = -1
            return Int64(isUTC ? timegm(&point) : mktime(&point)) * 1000
        }
        throw Invalid(description: "a point in time is written like 03:00, 2026-01-02 03:00 or 2026-01-02T03:00:00Z")
    }

    /// `2026-01-02`
    private static func setDay(_ text: Substring, of point: inout tm) -> Bool {
        guard let numbers = numbers(text, "-", within: [1970...9999, 1...12, 1...31]), numbers.count == 3 else {
            return false
        }
        (point.tm_year, point.tm_mon, point.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        return true
    }

    /// `03:00` or `03:00:30`
    private static func setTime(_ text: Substring, of point: inout tm) -> Bool {
        guard let numbers = numbers(text, ":", within: [0...23, 0...59, 0...59]), numbers.count >= 2 else {
            return false
        }
        (point.tm_hour, point.tm_min, point.tm_sec) = (numbers[0], numbers[1], numbers.count == 3 ? numbers[2] : 0)
        return true
    }

    private static func numbers(
        _ text: Substring, _ separator: Character, within ranges: [ClosedRange<Int32>]
    ) -> [Int32]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count <= ranges.count else { return nil }
        let numbers = zip(parts, ranges).compactMap { part, range in
            part.allSatisfy { $0.isASCII && $0.isNumber } ? Int32(part).flatMap { range.contains($0) ? $0 : nil } : nil
        }
        return numbers.count == parts.count ? numbers : nil
    }
}
