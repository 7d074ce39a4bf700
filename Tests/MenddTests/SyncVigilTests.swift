import Testing

@testable import mendd

@Suite("A sync that takes long")
struct SyncVigilTests {
    @Test("counts as alive for 5 minutes, and is said to people")
    func alive() {
        var vigil = SyncVigil(status: "serving")
        #expect(vigil.look(syncingForMs: nil) == (false, nil))
        #expect(vigil.look(syncingForMs: 999) == (false, nil))
        #expect(vigil.look(syncingForMs: 1000) == (true, "waiting for the disk: a sync has taken 1 s so far"))
        #expect(vigil.look(syncingForMs: 299_999).beats)
        let late = vigil.look(syncingForMs: 300_000)
        #expect(!late.beats)
        #expect(late.status?.hasPrefix("the disk hangs") == true)
    }

    @Test("is over when the writer goes on, which is said once")
    func over() {
        var vigil = SyncVigil(status: "serving")
        _ = vigil.look(syncingForMs: 20_000)
        #expect(vigil.look(syncingForMs: nil) == (false, "serving"))
        #expect(vigil.look(syncingForMs: nil) == (false, nil))
    }
}
