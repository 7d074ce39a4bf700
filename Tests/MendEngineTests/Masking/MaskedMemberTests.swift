import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Members that have secrets")
struct MaskedMemberTests {
    @Test(
        "a secret is found by what stands beside it",
        arguments: [
            (#"{"argv":["--password","X y"]}"#, #"{"argv":["--password","[masked]"]}"#),
            (#"{"cmd":["mysql","-pX y"]}"#, #"{"cmd":["mysql","-p[masked]"]}"#),
            (#"["mysql","--password","X","shop"]"#, #"["mysql","--password","[masked]","shop"]"#),
            (#"["/usr/bin/sshpass","-p","X","ssh","h"]"#, #"["/usr/bin/sshpass","-p","[masked]","ssh","h"]"#),
            (#"["curl","-sS","-u","bob:X","https://h/"]"#, #"["curl","-sS","-u","bob:[masked]","https://h/"]"#),
            (#"["docker","login","-u","ci","-p","X"]"#, #"["docker","login","-u","ci","-p","[masked]"]"#),
            (#"["htpasswd","-b","f","bob","X"]"#, #"["htpasswd","-b","f","bob","[masked]"]"#),
            (#"["--token=X","--password","Y"]"#, #"["--token=[masked]","--password","[masked]"]"#),
            (#"{"env":[{"name":"API_KEY","value":"X"}]}"#, #"{"env":[{"name":"API_KEY","value":"[masked]"}]}"#),
            (#"[{"Value":"X","Key":"db_password"}]"#, #"[{"Value":"[masked]","Key":"db_password"}]"#),
            (#"{"password_list":["X",["Y"]]}"#, #"{"password_list":["[masked]",["[masked]"]]}"#),
            (#"{"secrets":{"a":"X","b":{"c":"Y"}}}"#, #"{"secrets":{"a":"[masked]","b":{"c":"[masked]"}}}"#),
            (#"{"apiKeys":["X"],"tokens":"Y"}"#, #"{"apiKeys":["[masked]"],"tokens":"[masked]"}"#),
            (#"{"password ":"X"}"#, #"{"password ":"[masked]"}"#),
            (#"{"STRIPE_KEY":"X","GITHUB_PAT":"Y"}"#, #"{"STRIPE_KEY":"[masked]","GITHUB_PAT":"[masked]"}"#),
            (#"{"Passwort":"X","пароль":"Y"}"#, #"{"Passwort":"[masked]","пароль":"[masked]"}"#),
        ])
    func masked(sent: String, stored: String) throws {
        let masked = try #require(try Masker().masked(RawJSON(validating: sent)))
        #expect(masked.text == stored)
        #expect(try (Masker().masked(masked) ?? masked).text == stored)
    }

    @Test(
        "what has no secret beside it stays",
        arguments: [
            #"["mkdir","-p","/var/lib/app"]"#, #"["docker","run","-u","1000:1000","-p","80:80","nginx"]"#,
            #"["ls","-l","a b"]"#, #"{"name":"PATH","value":"/bin"}"#, #"{"tokens":[1,2],"value":"x"}"#,
            #"{"passwords":[],"secrets":null,"tokens":{"prompt":5}}"#, #"["--password-file","/etc/x"]"#,
            #"{"class":"a","access":"b","PRIMARY_KEY":"id"}"#, #"["-"]"#, #"["","--"]"#,
        ])
    func survives(sent: String) throws {
        #expect(try Masker().masked(RawJSON(validating: sent)) == nil)
    }

    @Test("a long list of arguments is looked at in time that grows with it")
    func long() throws {
        let arguments = (0..<20_000).map { $0.isMultiple(of: 2) ? #""-x""# : #""value""# }.joined(separator: ",")
        #expect(try Masker().masked(RawJSON(validating: "[\(arguments)]")) == nil)
    }

    @Test("a name that no method knows is stored and told without the secret in it")
    func unknownName() throws {
        let t = try TestEngine()
        var report = Errors.Report(message: "it failed")
        for (name, value) in [("password=X", "1"), ("password=Y", "2"), ("token", #""Z""#), ("colour", #""red""#)] {
            report.ignored.append(name)
            report.unknown[name] = try RawJSON(validating: value)
        }
        let verdict = try t.call(report)
        #expect(verdict.ignored == ["password=[masked]", "password=[masked]_", "token", "colour"])
        let classified = try t.call(Errors.Classify(error: report))
        #expect(classified.ignored == verdict.ignored)
        let stored = try t.call(Errors.Get(error: verdict.error))
        let text = try WireEncoder.text(of: stored)
        for secret in ["X", "Y", "Z"] { #expect(!text.contains(secret)) }
        #expect(text.contains(#""password=[masked]_":2"#))
    }

    @Test("a report's correlation is stored without its secret, as a name")
    func correlation() throws {
        let t = try TestEngine()
        let verdict = try t.call(Errors.Report(message: "it failed"), meta: Meta(correlation: Name("token:X1")))
        func ids(of correlation: String) throws -> [Int64] {
            var list = Errors.List()
            list.filter.correlation = Name(correlation)
            return try t.call(list).errors.map(\.error)
        }
        #expect(try ids(of: "token:masked") == [verdict.error])
        #expect(try ids(of: "token:X1") == [])
        let task = try t.call(Errors.Get(error: verdict.error)).task
        #expect(task == "token:masked")
    }
}
