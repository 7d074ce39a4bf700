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

    @Test("what brings a socket's file back depends on its unit")
    func listening() throws {
        func hint(_ properties: String) throws -> String {
            try #require(UnitState.parse("Id=mend.socket\n\(properties)").first?.hintToListen)
        }
        #expect(try hint("LoadState=loaded\nActiveState=active").hasSuffix("systemctl restart mend.socket"))
        #expect(try hint("LoadState=masked\nActiveState=inactive").contains("systemctl unmask mend.socket"))
        #expect(try hint("LoadState=loaded\nActiveState=failed").contains("systemctl reset-failed mend.socket"))
        #expect(try hint("LoadState=loaded\nActiveState=inactive") == "systemctl enable --now mend.socket")
        #expect(try hint("LoadState=not-found\nActiveState=inactive").hasPrefix("install"))
    }

    @Test("nobody is told to become a member of a group that can do more than use Mend")
    func groups() {
        #expect(SocketCheck.hint(toJoin: "mend", number: 990, user: "alice").hasSuffix("usermod -aG mend alice"))
        for (group, number) in [("root", UInt32(0)), ("0", 0), ("sudo", 27), ("wheel", 10)] {
            let hint = SocketCheck.hint(toJoin: group, number: number, user: "alice")
            #expect(!hint.contains("usermod"), "\(group)")
            #expect(hint.contains("SocketGroup="), "\(group)")
        }
    }

    @Test("a file of payload keys that others can read is a warning")
    func payloadKeys() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mend-keys-\(UUID().uuidString)")
        #expect(HostCheck.payloadKeys(in: file.path)?.level == nil)
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        for (mode, level) in [(0o644, Finding.Level.warn), (0o640, .warn), (0o600, .ok), (0o400, .ok)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
            #expect(HostCheck.payloadKeys(in: file.path)?.level == level, "\(mode)")
        }
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
        #expect(
            kept.message == "\(place.path) has mend.db.before-0.2.0 (5 B), mend.db.replaced-1 (2 KiB), to go back to; "
                + "mendd never removes them")
        #expect(kept.hint == nil)
        #expect(KeptStates(in: place.path + "/none").finding.level == .skipped)
    }
}
