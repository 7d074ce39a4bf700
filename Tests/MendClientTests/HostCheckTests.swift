import Foundation
import Testing

@testable import mend

@Suite("What doctor sees of the host")
struct HostCheckTests {
    private func finding(_ properties: String) throws -> Finding {
        try #require(UnitState.parse(properties).first?.finding)
    }

    @Test("a unit that is masked or cannot be loaded is a warning with what to do, not an inactive one")
    func units() throws {
        let ok = try finding("Id=mend.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nNRestarts=0")
        #expect((ok.level, ok.message) == (.ok, "inactive (dead)"))
        let masked = try finding("Id=mend.service\nLoadState=masked\nActiveState=inactive\nSubState=dead")
        #expect((masked.level, masked.hint) == (.warn, "systemctl unmask mend.service"))
        let bad = try finding("Id=mend.socket\nLoadState=bad-setting\nActiveState=inactive\nSubState=dead")
        #expect((bad.level, bad.message) == (.warn, "it cannot be loaded: bad-setting"))
    }

    @Test("what a restore and an upgrade have kept is named with its size, and who removes it")
    func keptStates() throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "mend-kept-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        #expect(KeptStates(in: place.path).finding.message == "none in \(place.path)")
        for (name, bytes) in [("mend.db", 1), ("mend.db.replaced-1", 2048), ("mend.db.before-0.2.0", 5)] {
            try Data(count: bytes).write(to: place.appending(path: name))
        }
        let kept = KeptStates(in: place.path).finding
        #expect(kept.level == .ok)
        #expect(kept.message == "\(place.path) has mend.db.before-0.2.0 (5 B), mend.db.replaced-1 (2 KiB)")
        #expect(kept.hint?.hasPrefix("mendd never removes them") == true)
        #expect(KeptStates(in: place.path + "/none").finding.level == .skipped)
    }
}
