import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Masking")
struct MaskerTests {
    @Test(
        "secrets are taken out of text",
        arguments: [
            ("password=hunter2 for bob", "password=[masked] for bob"),
            ("PASSWORD = hunter2", "PASSWORD = [masked]"),
            ("Password: hunter2", "Password: [masked]"),
            ("DB_PASSWORD=a&b;c,d'e done", "DB_PASSWORD=[masked] done"),
            ("MYSQL_PWD=x SMTP_PASS=y", "MYSQL_PWD=[masked] SMTP_PASS=[masked]"),
            (#"password="two words" next"#, #"password="[masked]" next"#),
            (#"password="a\"b c" next"#, #"password="[masked]" next"#),
            (#"password='it is' next"#, "password='[masked]' next"),
            (#"password="never closed and more"#, #"password="[masked]"#),
            ("token=abc", "token=[masked]"),
            ("?access_token=abc&x=1 HTTP/1.1", "?access_token=[masked] HTTP/1.1"),
            ("client_secret=abc", "client_secret=[masked]"),
            ("api_key=abc apiKey: def", "api_key=[masked] apiKey: [masked]"),
            ("X-Api-Key: abc", "X-Api-Key: [masked]"),
            ("X-Auth-Token: abc", "X-Auth-Token: [masked]"),
            ("AWS_SECRET_ACCESS_KEY=wJalr/K7MDENG+bPx", "AWS_SECRET_ACCESS_KEY=[masked]"),
            (#"{"password":"hun ter2","user":"bob"}"#, #"{"password":"[masked]","user":"bob"}"#),
            (#"{"token" : "abc"}"#, #"{"token" : "[masked]"}"#),
            (#"{'token': 'abc', 'a': 1}"#, #"{'token': '[masked]', 'a': 1}"#),
            (#"{\"secret\":\"a b\",\"x\":1}"#, #"{\"secret\":\"[masked]\",\"x\":1}"#),
            (#"{\"secret\":\"a\\\"b\",\"x\":1}"#, #"{\"secret\":\"[masked]\",\"x\":1}"#),
            (#"{"password": 1234}"#, #"{"password": [masked]"#),
            (#":password => "abc""#, #":password => "[masked]""#),
            ("Authorization: Bearer abc", "Authorization: Bearer [masked]"),
            ("authorization: basic dXNlcjpwYXNz", "authorization: basic [masked]"),
            (#"-H "Authorization: Token abc" http://x/"#, #"-H "Authorization: Token [masked]" http://x/"#),
            (#""Authorization": "Bearer abc", 1"#, #""Authorization": "Bearer [masked]", 1"#),
            (
                "Proxy-Authorization: Digest username=u, response=r\nHost: h",
                "Proxy-Authorization: Digest [masked]\nHost: h"
            ),
            ("sent bearer eyJhbGciOi.eyJzdWIi.SflKx", "sent bearer [masked]"),
            ("postgres://bob:hunter2@db:5432/x", "postgres://bob:[masked]@db:5432/x"),
            ("redis://:p@ss@cache/0", "redis://:[masked]@cache/0"),
            ("'ftp://u:it's@h/'", "'ftp://u:[masked]@h/'"),
            ("https://u:p@h/?token=t", "https://u:[masked]@h/?token=[masked]"),
            ("mysql --password hunter2 -h db", "mysql --password [masked] -h db"),
            ("tool --api-key 'a b' go", "tool --api-key '[masked]' go"),
            (
                "key:\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nend",
                "key:\n-----BEGIN RSA PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY-----\nend"
            ),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----[masked]"),
            (
                "PRIVATE_KEY=-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
                "PRIVATE_KEY=-----BEGIN EC PRIVATE KEY-----[masked]-----END EC PRIVATE KEY-----"
            ),
            ("größe: password=ü ok", "größe: password=[masked] ok"),
        ])
    func masks(text: String, masked: String) {
        #expect(Masker().masked(text) == masked)
    }

    @Test(
        "masking twice is masking once",
        arguments: [
            "password=a", #"{"password":"x"}"#, "https://u:p@h/", "Authorization: Basic abc",
            "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
        ])
    func idempotent(text: String) throws {
        let once = try #require(Masker().masked(text))
        #expect((Masker().masked(once) ?? once) == once)
    }

    @Test(
        "what only looks like a secret survives",
        arguments: [
            "", "the password is wrong", "token expired", "invalid token", "Enter password: ", "password=",
            "password:\n",
            "SyntaxError: Unexpected token: }", "max_tokens=4096 tokens: 17", "secretary=Ann",
            "bypass=1 compass: north",
            "token_count=5", "password_changed_at: 2024-01-01", "passed=3 failed=0",
            "Authorization: denied for bob", "authorization failed", "a bearer of news", "Bearer token missing",
            "https://example.com:443/a@b", "ssh://git@example.com/repo.git", "git@example.com:repo.git",
            "http://[::1]:80/", "--password-file /etc/x", "--token-ttl 5m",
            "--no-color -- token",
            "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad", "550e8400-e29b-41d4-a716-446655440000", "v1.2.3-rc.1+5",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIE",
            #"{"password": null, "user": "bob"}"#, "primary_key=5 foreign_key: x keyboard=us", "a=b c: d",
        ])
    func survives(text: String) {
        #expect(Masker().masked(text) == nil)
    }

    @Test("JSON is changed in its secrets alone, to the byte")
    func json() throws {
        let sent =
            #"{ "a" : 1.10, "password":"x\"y","n":{"Api-Key":[1, 2],"token":7},"u":"http:\/\/a:b@c", "e":"\u00e4" }"#
        let masked = try Masker().masked(RawJSON(validating: sent))
        #expect(
            masked?.text
                == #"{ "a" : 1.10, "password":"[masked]","n":{"Api-Key":"[masked]","token":"[masked]"},"u":"http://a:[masked]@c", "e":"\u00e4" }"#
        )
    }

    @Test("the headers of a request in JSON lose their credentials")
    func headers() throws {
        let sent = #"{"headers":{"Authorization":"Basic abc","Accept":"*/*"}}"#
        #expect(
            try Masker().masked(RawJSON(validating: sent))?.text
                == #"{"headers":{"Authorization":"[masked]","Accept":"*/*"}}"#)
    }

    @Test("a member's name with a secret in it is masked")
    func memberName() throws {
        let masked = try Masker().masked(RawJSON(validating: #"{"https://u:p@h/":1}"#))
        #expect(masked?.text == #"{"https://u:[masked]@h/":1}"#)
    }

    @Test(
        "JSON without secrets is left alone",
        arguments: [
            #"{"password":null,"has_password":true,"tokens":[1,2]}"#, "[]", #""token expired""#, "17",
            #"{"é":"é","x":{"y":[{"z":"w"}]}}"#,
        ])
    func jsonSurvives(sent: String) throws {
        #expect(try Masker().masked(RawJSON(validating: sent)) == nil)
    }

    @Test("what an operator's pattern matches is masked under its name, each time, and nothing else")
    func patterns() throws {
        let masker = Masker(patterns: [
            try MaskPattern(name: "order", "ORD-[0-9]{4}"), try MaskPattern(name: "start", "^x+"),
        ])
        var found: [String] = []
        #expect(
            masker.masked("xx ORD-1234, ORD-56 and ORD-7890x password=a", noting: &found)
                == "[start] [order], ORD-56 and [order]x password=[masked]")
        #expect(found == ["named", "order", "order", "start"])
        #expect(masker.masked("größe ORD-1234 ü") == "größe [order] ü")
        #expect(masker.masked("ORD 1234") == nil)
    }

    @Test("a pattern that is none, is empty, matches everywhere or refers back is refused with a reason")
    func badPatterns() {
        for (pattern, reason) in [
            ("(a", "a ( without its ), at character 2"), ("a)", "a ) without its (, at character 2"),
            ("ab[c", "a [ without its ], at character 4"), ("*a", "nothing before its *, at character 1"),
            ("a{2", "a number of times that is none"), ("a{3,2}", "a number of times that is none"),
            ("a{999}", "more than 255 times"), ("[[:nope:]]", "a class of characters that is none"),
            ("[z-a]", "a range from back to front"), (#"\q"#, #"\q, which is not known"#), ("a\\", "ends with a \\"),
            ("", "1 to 512 bytes"), ("a*", "everywhere"), (#"\b"#, "everywhere"), (#"(a)\1"#, "back-reference"),
            ("((a{1,250}){1,250}){1,250}z", "its repetitions multiply"),
            (String(repeating: "(", count: 200), "nested too deeply"),
            (String(repeating: "a", count: 513), "1 to 512 bytes"),
        ] {
            do throws(MaskPattern.Invalid) {
                _ = try MaskPattern(name: "p", pattern)
                Issue.record("\(pattern.prefix(20)) was taken")
            } catch {
                #expect(error.description.contains(reason))
            }
        }
    }

    @Test("patterns are read as grep -E reads them")
    func expressions() throws {
        for (pattern, text, masked) in [
            ("a|b+c", "xaybbcz", "x[p]y[p]z"), ("(ab)+", "ababx", "[p]x"), ("a{2,3}", "aaaa aa a", "[p] [p] a"),
            ("[^ ,]+,", "one, two", "[p] two"), ("[]x-]+", "a]-xb", "a[p]b"),
            ("[[:digit:][:space:]]+", "a1 2b", "a[p]b"),
            (#"\bcat\b"#, "cat concat cat", "[p] concat [p]"), ("^a", "aa", "[p]a"), ("a$", "aa", "a[p]"),
            (#"\d+\.\w"#, "v12.x", "v[p]"), ("x.z", "xyz x\nz", "[p] [p]"), ("(a?){3}b", "aab", "[p]"),
            ("(a|ab)(c|bcd)", "abcd", "[p]"), ("(x+x+)+y", "xxxxy", "[p]"),
        ] {
            #expect(Masker(patterns: [try MaskPattern(name: "p", pattern)]).masked(text) == masked, "\(pattern)")
        }
    }

    @Test("a pattern takes no longer for a text that is made against it")
    func hostileText() throws {
        for pattern in ["[A-Z]+-[0-9]+", "(a+)+b", "(A|A)*B", "(.*)(.*)(.*)x"] {
            let masker = Masker(patterns: [try MaskPattern(name: "p", pattern)])
            for letter in ["A", "a"] {
                #expect(masker.masked(String(repeating: letter, count: 200_000)) == nil, "\(pattern)")
            }
        }
    }

    @Test("error.mask answers the text as it would be stored, and what found something")
    func method() throws {
        var settings = EngineSettings()
        settings.masker = Masker(patterns: [try MaskPattern(name: "order", "ORD-[0-9]+")])
        let t = try TestEngine(settings: settings)
        let answer = try t.call(Errors.Mask(text: "bob@example.com of ORD-7 sent password=x, then token=y"))
        #expect(answer.text == "[email] of [order] sent password=[masked] then token=[masked]")
        #expect(answer.found.map { "\($0.detector) \($0.count)" } == ["email 1", "named 2", "order 1"])
        #expect(try t.call(Errors.Mask(text: "no secret")).found.isEmpty)
    }
}
