import Testing

@testable import mendd

@Suite("A sync that takes long")
struct SyncVigilTests {
    @Test("counts as alive for 5 minutes, and is said to people")
    func alive() {
        #expect(SyncVigil.look(syncingForMs: nil) == (false, nil))
        #expect(SyncVigil.look(syncingForMs: 999) == (false, nil))
        #expect(SyncVigil.look(syncingForMs: 1000) == (true, "waiting for the disk: a sync has taken 1 s so far"))
        #expect(SyncVigil.look(syncingForMs: 299_999).beats)
        let late = SyncVigil.look(syncingForMs: 300_000)
        #expect(!late.beats)
        #expect(late.status?.hasPrefix("the disk hangs") == true)
    }
}
