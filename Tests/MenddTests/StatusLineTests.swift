import MendProtocol
import Testing

@testable import mendd

@Suite("The line of systemctl status")
struct StatusLineTests {
    private var facts = StatusLine.Facts(statePath: "/var/lib/mend")

    @Test("says what is refused while there is no room, and that it serves when room is back")
    mutating func space() {
        #expect(facts.text == "serving; state in /var/lib/mend")
        facts.isShortOfSpace = true
        #expect(
            facts.text == "short of space: new work is refused, and what ends work goes on; state in /var/lib/mend")
        facts.isShortOfSpace = false
        #expect(facts.text == "serving; state in /var/lib/mend")
    }

    @Test("keeps a reload that failed and keys that wait for a restart, whatever comes between")
    mutating func reload() {
        facts.needingRestart = (5, ["limits.batch", "log.level"])
        facts.failedReload = (7, "mend.yaml:1: unknown key")
        let calm = facts.text
        #expect(calm.hasPrefix("serving; "))
        #expect(calm.contains("the reload failed, and all stays as it was: mend.yaml:1: unknown key"))
        #expect(calm.hasSuffix("needing a restart: limits.batch, log.level"))
        facts.sync = "waiting for the disk"
        #expect(facts.text == "waiting for the disk")
        facts.sync = nil
        #expect(facts.text == calm)
        #expect(facts.notices.map(\.at) == [7, 5])
        #expect(facts.notices[1].message.hasSuffix("limits.batch, log.level"))
    }

    @Test("speaks of nothing else while the state cannot be used")
    mutating func degraded() {
        facts.isShortOfSpace = true
        facts.sync = "waiting for the disk"
        facts.problem = System.Health.Problem(message: "it is damaged", hint: "")
        #expect(facts.text == "degraded: it is damaged")
    }
}
