import MendProtocol
import Testing

@testable import MendEngine

@Suite("Grouping")
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

    static func fingerprint(
        _ message: String, service: String = "web", code: String? = nil, type: String? = nil, explicit: String? = nil
    ) -> String {
        Fingerprint(service: service, code: code, type: type, message: message, explicit: explicit).text
    }

    @Test(
        "reports that differ in variable parts alone meet",
        arguments: [
            ("user 1 not found", "user 234 not found"),
            ("read /tmp/a failed: 3 bytes", "read /tmp/b/c failed: 12 bytes"),
            ("host 10.1.2.3 is down", "host ::1 is down"),
            ("no such key \"a\"", "no such key \"b c\""),
            ("took 3ms", "took 1m2s"),
        ])
    func meet(one: String, other: String) {
        #expect(Self.fingerprint(one) == Self.fingerprint(other))
    }

    @Test("reports of another service, code, type or text do not meet")
    func doNotMeet() {
        let all = [
            Self.fingerprint("a b"), Self.fingerprint("a c"), Self.fingerprint("a b", service: "db"),
            Self.fingerprint("a b", code: "x"), Self.fingerprint("a b", type: "y"),
            Self.fingerprint("a b", code: "web\u{1F}", explicit: nil),
            Self.fingerprint("a b", explicit: "mine"),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("the code comes before the type")
    func codeBeforeType() {
        #expect(Self.fingerprint("a", code: "c", type: "t") == Self.fingerprint("a", code: "c", type: "u"))
    }

    @Test("an explicit fingerprint stands, whatever else differs")
    func explicit() {
        let one = Self.fingerprint("a", service: "web", explicit: "mine")
        #expect(one == Self.fingerprint("b", service: "db", code: "c", explicit: "mine"))
        #expect(one != Self.fingerprint("a", service: "web", explicit: "yours"))
    }

    @Test("a computed fingerprint has its version, and no explicit one can be like it")
    func versioned() {
        #expect(Self.fingerprint("a").hasPrefix("1:"))
        #expect(Self.fingerprint("a", explicit: Self.fingerprint("a")) != Self.fingerprint("a"))
    }

    @Test("long names stay bounded and apart")
    func longNames() {
        let long = String(repeating: "s", count: 1_000)
        let one = Self.fingerprint("a", explicit: long + "1")
        let other = Self.fingerprint("a", explicit: long + "2")
        #expect(one != other)
        #expect(one.utf8.count <= 258 && Self.fingerprint("a", service: long, code: long).utf8.count <= 500)
    }
}
