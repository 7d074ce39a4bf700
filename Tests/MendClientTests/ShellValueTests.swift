import MendClient
import MendProtocol
import Testing

@testable import mend

@Suite("Durations and points in time in the shell")
struct ShellValueTests {
    @Test(
        "durations have units",
        arguments: [
            ("0", 0), ("0s", 0), ("500ms", 500), ("20s", 20_000), ("10m", 600_000), ("2h", 7_200_000),
            ("1d", 86_400_000), ("1w", 604_800_000), ("1h30m", 5_400_000), ("1.5s", 1500), ("0.25s", 250),
            ("1m0.5s", 60_500),
        ] as [(String, Int64)])
    func duration(text: String, milliseconds: Int64) throws {
        #expect(try DurationText.milliseconds(text) == milliseconds)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "s", "20", "1.5", "-1s", "+1s", "1 s", "1x", "1S", "1.5.5s", "1.s", ".5s", "0.5ms", "1e3s", "1h30",
            "٣s",
            "99999999999999999999s", "9223372036854775807s", "9223372036854775807ms1ms", "1.0000001s",
        ])
    func noDuration(text: String) {
        #expect(throws: DurationText.Invalid.self) { try DurationText.milliseconds(text) }
    }

    @Test("a number alone is refused with what to write instead")
    func bareNumber() {
        #expect(throws: DurationText.Invalid(description: "a unit is missing: 20s, 20ms, 20m")) {
            try DurationText.milliseconds("20")
        }
    }

    @Test(
        "durations are shown by their two largest units",
        arguments: [
            (0, "0ms"), (850, "850ms"), (1000, "1s"), (4260, "4.2s"), (45_999, "45s"), (60_000, "1m"),
            (90_000, "1m 30s"),
            (11_520_000, "3h 12m"), (7_200_999, "2h"), (187_200_000, "2d 4h"), (864_000_000_000, "10000d"),
            (-2000, "-2s"),
            (.min, "-106751991167d 7h"),
        ] as [(Int64, String)])
    func shown(milliseconds: Int64, text: String) {
        #expect(DurationText.text(milliseconds) == text)
    }

    /// 2026-01-02 12:00:00 UTC.
    private let clock = WallClock(nowMs: 1_767_355_200_000, isUTC: true)

    @Test(
        "points in time are shown with their age, those of another day with the date",
        arguments: [
            (0, "12:00:00 (now)"), (-999, "11:59:59 (now)"), (-180_000, "11:57:00 (3m ago)"),
            (20_500, "12:00:20 (in 20s)"),
            (-345_600_000, "2025-12-29 12:00:00 (4d ago)"), (86_400_000, "2026-01-03 12:00:00 (in 1d)"),
        ] as [(Int64, String)])
    func shownPoint(offset: Int64, text: String) {
        #expect(clock.text(clock.nowMs + offset) == text)
    }

    @Test(
        "points in time are read as people write them",
        arguments: [
            ("now", 0), ("12:00", 0), ("11:59:30", -30_000), ("2026-01-02 12:00", 0), ("2026-01-02T12:00:01", 1000),
            ("2026-01-02T12:00:00Z", 0), ("2026-01-01 12:00", -86_400_000), ("@1767355201", 1000), ("12:01Z", 60_000),
        ] as [(String, Int64)])
    func read(text: String, offset: Int64) throws {
        #expect(try clock.milliseconds(text) - clock.nowMs == offset)
    }

    @Test(
        "what is no point in time is refused",
        arguments: [
            "", "12", "24:00", "12:60", "2026-13-01 00:00", "2026-01-02", "yesterday", "12:00:00:00", "@x", "T",
            "-1:00",
        ])
    func noPoint(text: String) {
        #expect(throws: WallClock.Invalid.self) { try clock.milliseconds(text) }
    }

    @Test(
        "an exact duration is read as what it was",
        arguments: [
            (1, "1ms"), (1500, "1500ms"), (90_000, "90s"), (3_600_000, "1h"), (604_800_000, "1w"), (0, "0ms"),
        ] as [(Int64, String)])
    func exact(milliseconds: Int64, text: String) throws {
        #expect(DurationText.exact(milliseconds) == text)
        #expect(try DurationText.milliseconds(text) == milliseconds)
    }

    @Test("what comes next of an operation is said: the first of its times, and of an ended one that it has")
    func next() throws {
        var operation = OperationInfo(
            operation: 1, queue: try #require(Name("q")), state: .ready, priority: 100, attempt: 0, maxAttempts: 5,
            uid: 0, enqueuedAt: clock.nowMs)
        #expect(operation.next(clock) == nil)
        operation.expiresAt = clock.nowMs + 60_000
        #expect(operation.next(clock) == "expires in 1m")
        operation.readyAt = clock.nowMs + 20_000
        #expect(operation.next(clock) == "ready in 20s")
        operation.leaseUntilAt = clock.nowMs + 90_000
        #expect(operation.next(clock) == "expires in 1m")
        operation.expiresAt = nil
        #expect(operation.next(clock) == "lease ends in 1m 30s")
        operation.endedAt = clock.nowMs
        #expect(operation.next(clock) == "ended now")
    }

    @Test("users and groups are found by name in the host's files, and what is not there is not")
    func accounts() {
        #expect(Accounts.user("root") == 0)
        #expect(Accounts.group("root") == 0)
        #expect(Accounts.user("no-such-user") == nil)
        #expect(Accounts.group("no-such-group") == nil)
        #expect(Accounts.user("root", in: "/no/such/file") == nil)
    }
}

@Suite("Sizes and progress in the shell")
struct SizeTests {
    @Test(
        "sizes have units of 1024, and of 1000 where they are written so",
        arguments: [
            ("0", 0), ("512", 512), ("512B", 512), ("64K", 65_536), ("64k", 65_536), ("10M", 10_485_760),
            ("1GiB", 1_073_741_824), ("1.5G", 1_610_612_736), ("10MB", 10_000_000), ("0.5K", 512),
        ] as [(String, Int64)])
    func size(text: String, bytes: Int64) throws {
        #expect(try SizeText.bytes(text) == bytes)
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "K", "-1", "+1", "1 K", "1X", "1KX", "1iB", "0.3K", "1.5", "9223372.9TB", "99999999999G", "1e3",
        ])
    func noSize(text: String) {
        #expect(throws: SizeText.Invalid.self) { try SizeText.bytes(text) }
    }

    @Test("sizes are shown with their largest unit")
    func shown() {
        let shown = [0, 1023, 1024, 1536, 1 << 20, 5 << 30].map { SizeText.text($0) }
        #expect(shown == ["0 B", "1023 B", "1 KiB", "1.5 KiB", "1 MiB", "5 GiB"])
    }

    @Test("progress is silent for a second, then has a line five times a second, with what is left where that is known")
    func progress() {
        var progress = Progress("imported", nowMs: 5000)
        #expect(progress.line(10, share: 0.1, nowMs: 5999) == nil && !progress.isShown)
        #expect(
            progress.line(500, share: 0.25, nowMs: 7000)
                == "imported 500, 250/s  [#####...............] 25%  6s left")
        #expect(progress.isShown)
        #expect(progress.line(501, share: 0.26, nowMs: 7199) == nil)
        #expect(progress.line(1000, nowMs: 9000) == "imported 1000, 250/s")
        #expect(progress.line(1000, share: 1, nowMs: 9300, width: 9) == "imported ")
        var whole = Progress("imported", nowMs: 0)
        #expect(whole.line(1, share: 7, nowMs: 2000)?.hasSuffix("100%  0ms left") == true)
    }

    @Test("a line's key changes with all that stands up to it, and with what is imported where")
    func lineKeys() {
        func keys(_ seed: String, _ lines: [String]) -> [String] {
            var keys = LineKeys(seed: seed)
            return lines.map { keys.next(Array($0.utf8)[...]) }
        }
        let first = keys("", ["a", "b", "c"])
        #expect(Set(first).count == 3 && keys("", ["a", "b", "c"]) == first)
        let changed = keys("", ["a", "B", "c"])
        #expect(changed[0] == first[0] && changed[1] != first[1] && changed[2] != first[2])
        #expect(Set(keys("other", ["a", "b", "c"])).isDisjoint(with: first))
        #expect(keys("", ["ab"]) != keys("", ["a"]) && keys("", ["a", "a"]).count == 2)
    }
}
