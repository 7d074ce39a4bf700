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
