import MendProtocol
import Testing

@testable import MendEngine

@Suite("Shapes of messages")
struct MessageShapeTests {
    static func shape(_ message: String) -> String { MessageShape(message).words(of: message).stored }

    @Test(
        "what varies by its look is taken out",
        arguments: [
            ("connect to 10.0.0.7:5432 failed after 31 ms", "connect to <*> failed after <*>"),
            ("connect to db.example.com:5432 failed after 2h", "connect to <*> failed after <*>"),
            ("job 550e8400-e29b-41d4-a716-446655440000 died!", "job <*> died"),
            ("at 0x7ffe12ab mask ffff by deadbeef", "at <*> mask <*> by <*>"),
            ("cannot open '/etc/x y': \"no\" such", "cannot open <*> y : <*> such"),
            ("key \"cause\": \"disk full\" 'x'", "key cause : disk full <*>"),
            ("GET https://example.com/a?b=1&c=2 failed", "GET <*> failed"),
            ("\"GET /v2/x?y=1 HTTP/1.1\" status: 200", "GET <*> status : <*>"),
            ("on Fri Jun  9 07:57:30 2005 GMT", "on <*>"),
            ("from fe80::1, 2001:db8:0:0:0:0:0:1 and ab:cd:ef:ab:cd:ef via ::1", "from <*> and <*> via <*>"),
            ("uid=0 euid= rhost=::1 user=root", "uid = <*> euid = <*> rhost = <*> user = root"),
            ("a=Rect(0, 0 - 1, 1) b={x: [1, 2]} c=[]", "a = <*> b = <*> c = <*>"),
            ("Window{1f u0 x/.Y} gone from [a, b, c]", "<*> gone from [ <*> ]"),
            ("init() of x ()", "init ( ) of x ( <*> )"),
            ("fans ( 3552 **** 3375 4245 )", "fans ( <*> )"),
            ("exception.......0 on core..", "exception <*> on core"),
            ("lifetime <1 sec, <5> ~3 s", "lifetime <*> , < <*> > <*>"),
            ("can't open users' file", "can't open users file"),
            ("and/or read/write a::b facade", "and/or read/write a : b facade"),
            ("closed for user alice by root", "closed for user <*> by root"),
            ("visible=true enabled: None null", "visible = <*> enabled : <*>"),
            ("mail to ada@example.com bounced", "mail to <*> bounced"),
            ("Größe 5 überschritten", "Größe <*> überschritten"),
            ("r24=0x01 r25=0x02 x_3=5", "r = <*> r = <*> x_ = <*>"),
            ("name=org.example.part error=a.b 'Charging': Yes", "name = <*> error = a.b Charging : <*>"),
            ("<*> is text", "< * > is text"),
            ("", ""), ("=", "= <*>"), ("'", ""), ("[", "["), ("(((", "( ( ("), ("a=", "a = <*>"),
        ])
    func shape(message: String, shape: String) {
        #expect(Self.shape(message) == shape)
    }

    @Test(
        "two problems are two",
        arguments: [
            ("user alice not found", "file alice not found"), ("connection refused", "connection reset"),
            ("msg=\"connection refused\" port=5", "msg=\"connection reset\" port=5"),
            ("\"GET /a HTTP/1.1\" failed", "\"POST /a HTTP/1.1\" failed"),
            (#"{"level":"error","msg":"refused"}"#, #"{"level":"error","msg":"reset"}"#),
            ("java.io.IOException: x", "java.net.SocketException: x"),
        ])
    func apart(one: String, other: String) {
        #expect(MessageShape(one).hash != MessageShape(other).hash)
    }

    @Test("a shape is bounded, however long the message is")
    func bounded() {
        #expect(MessageShape(String(repeating: "a; ", count: 100_000)).tokens.count <= MessageShape.maxTokens + 2)
        let words = (0..<1_000).map { _ in String(repeating: "é", count: 40) }.joined(separator: " ")
        #expect(Self.shape(words).utf8.count <= MessageShape.maxBytes + 200)
        #expect(Self.shape(String(repeating: "x", count: 1_000)) == "<*>")
        for character in ["(", "[", "{", "\"", "'", "=", ":", "<1", "é", "\u{0}", "a=(", "::"] {
            _ = MessageShape(String(repeating: character, count: 20_000))
        }
    }

    @Test("a stored template is read as it was written, and has the hash of its messages")
    func stored() {
        for message in ["connect to 10.0.0.7: refused (5)", "Größe 5 -- überschritten [x]", "a <*> b"] {
            let words = MessageShape(message).words(of: message)
            #expect([TemplateWord](stored: words.stored) == words)
            let template = TemplateMiner.Template(space: 7, words: words, group: 1)
            #expect(template.hash() == TemplateMiner.key(MessageShape(message).hash, in: 7))
        }
    }

    @Test("a title reads as the message does")
    func title() {
        #expect([TemplateWord](stored: "init ( ) of <*> : a = <*> , [ x ]").title == "init () of <*>: a=<*>, [x]")
    }
}
