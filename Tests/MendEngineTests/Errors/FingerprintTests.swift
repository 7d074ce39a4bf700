import MendProtocol
import Testing

@testable import MendEngine

@Suite("Fingerprints")
struct FingerprintTests {
    @Test(
        "variable parts are taken out of a message",
        arguments: [
            ("connect to 10.0.0.7:5432 failed after 31 ms", "connect to <ip> failed after <num> ms"),
            ("timed out after 1.5s (limit 1m30s)", "timed out after <duration> (limit <duration>)"),
            ("job 550e8400-e29b-41d4-a716-446655440000 died", "job <uuid> died"),
            ("at 0x7ffe12ab in deadbeef00", "at <hex> in <hex>"),
            ("cannot open '/etc/x y': \"no\" such", "cannot open <str>: <str> such"),
            ("cannot open /var/lib/mend/mend.db: full", "cannot open <path>: full"),
            ("in ./a/b.py:12 and ~/x and ../y.", "in <path>:<num> and <path> and <path>."),
            ("GET https://example.com/a?b=1 failed", "GET <url> failed"),
            ("2024-05-01T03:12:44.120Z worker12 died", "<time> worker<num> died"),
            ("[2024-05-01 03:12:44,120] 03:12:44 2024/05/01", "[<time>] <time> <time>"),
            ("from fe80::1 to 2001:db8:0:0:0:0:0:1 via ::1", "from <ip> to <ip> via <ip>"),
            ("version 1.2.3 of libc6", "version <num> of libc<num>"),
            ("version 1.2.3.4.5", "version <num>"),
            ("used 93% of 10GB -5", "used <num>% of <num>GB -<num>"),
            ("  two\n\t lines  ", "two lines"),
            ("can't open users' file", "can't open users' file"),
            ("and/or read/write a::b facade decade", "and/or read/write a::b facade decade"),
            ("password=[masked] for bob", "password=[masked] for bob"),
            ("Größe 5 überschritten", "Größe <num> überschritten"),
            ("", ""),
        ])
    func template(message: String, template: String) {
        #expect(MessageTemplate.of(message) == template)
    }

    @Test("a template is bounded and cuts no character in two")
    func bounded() {
        let template = MessageTemplate.of("a" + String(repeating: "é", count: 5_000))
        #expect(template == "a" + String(repeating: "é", count: 99))
        #expect(MessageTemplate.of(String(repeating: "'x ", count: 100_000)).utf8.count <= 200)
    }

    /// What a report's group would be found by; nothing where its template is mined.
    static func explicit(
        _ explicit: String?, code: String? = nil, type: String? = nil, frames: [String] = []
    ) -> String? {
        guard
            case .explicit(let text) = Fingerprint(code: code, type: type, frames: frames, explicit: explicit).kind
        else { return nil }
        return text
    }

    static func space(
        code: String? = nil, type: String? = nil, frames: [String] = [], explicit: String? = nil
    ) -> String? {
        guard
            case .mined(let space) = Fingerprint(code: code, type: type, frames: frames, explicit: explicit).kind
        else { return nil }
        return space
    }

    @Test("templates are told apart by the code or the type, the frames, and what the report says beside the default")
    func spaces() {
        let all = [
            Self.space(), Self.space(code: "x"), Self.space(type: "y"), Self.space(frames: ["f"]),
            Self.space(code: "x", frames: ["f"]), Self.space(explicit: "{{ default }} mine"),
            Self.space(explicit: "{{default}} yours"),
        ]
        #expect(Set(all).count == all.count && !all.contains(nil))
        #expect(Self.space(code: "c", type: "t") == Self.space(code: "c", type: "u"), "the code comes before the type")
    }

    @Test("an explicit fingerprint stands, whatever else differs")
    func explicit() {
        #expect(Self.explicit("mine") == Self.explicit("mine", code: "c", type: "t", frames: ["f"]))
        #expect(Self.explicit("mine") != Self.explicit("yours"))
        #expect(Self.explicit("") == nil && Self.explicit("mine {{ default }}") == nil)
    }

    @Test("a computed fingerprint has its version, and no explicit one can be like it")
    func versioned() {
        let computed = Fingerprint.text(service: "web", space: "", template: "a")
        #expect(computed.hasPrefix("2:"))
        #expect(Self.explicit(computed) != computed)
        #expect(
            Fingerprint.version1(service: "web", code: nil, type: nil, message: "a 5") == "1:web\u{1F}\u{1F}a <num>")
    }

    @Test("long names stay bounded and apart")
    func longNames() {
        let long = String(repeating: "s", count: 1_000)
        let one = Self.explicit(long + "1")
        #expect(one != Self.explicit(long + "2") && (one?.utf8.count ?? .max) <= 258)
        #expect(Self.space(code: long + "1", frames: [long]) != Self.space(code: long + "2", frames: [long]))
        #expect((Self.space(code: long, frames: [long], explicit: "{{ default }}" + long)?.utf8.count ?? .max) <= 900)
        #expect(Fingerprint.text(service: long, space: long, template: long).utf8.count <= 900)
    }
}
