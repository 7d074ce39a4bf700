// Arguments of commands.
extension SecretScan {
    /// `--password value` of a command line.
    func valueOfOption() -> Found? {
        guard text.has("--", at: at), at == 0 || !SecretName.canHold(text[at - 1]) else { return nil }
        let end = text.end(of: SecretName.canHold, from: at + 2)
        guard end < text.count, text[end].isBlank else { return nil }
        let name = text[at + 2..<end]
        if name.elementsEqual("user".utf8) || name.elementsEqual("proxy-user".utf8) {
            return passwordAfterUser(from: text.end(of: \.isBlank, from: end), separator: UInt8(ascii: ":"))
        }
        guard SecretName.isSecret(name) || SecretName.isSecretIfMarked(name) else { return nil }
        let start = text.end(of: \.isBlank, from: end)
        guard start < text.count, text[start] != UInt8(ascii: "-") else { return nil }
        return value(from: start).map { ($0, .argument) }
    }

    /// `-p secret` and `-psecret` of programs of which it is known.
    func valueOfShortOption() -> Found? {
        guard at > 0, text[at - 1].isBlank, at + 2 < text.count, text[at + 1].isLetter else { return nil }
        let letter = text[at + 1]
        let isAttached = !text[at + 2].isBlank
        let start = isAttached ? at + 2 : text.end(of: \.isBlank, from: at + 2)
        guard let option = SecretOption.all.first(where: { $0.letter == letter && isOption(of: $0.program) }) else {
            return nil
        }
        guard start < text.count, !text[start].isSpace, isAttached ? option.canAttach : option.canStandApart else {
            return nil
        }
        if let separator = option.afterUser { return passwordAfterUser(from: start, separator: separator) }
        return value(from: start).map { ($0, .argument) }
    }

    /// The password of `user:password`, quoted or not.
    private func passwordAfterUser(from start: Int, separator: UInt8) -> Found? {
        guard let whole = value(from: start), let colon = text[whole].firstIndex(of: separator),
            colon + 1 < whole.upperBound, !text.begins(with: "//", at: colon + 1)
        else { return nil }
        let end = text[(colon + 1)..<whole.upperBound].firstIndex(where: Self.isAroundString) ?? whole.upperBound
        return colon + 1 < end ? (colon + 1..<end, .argument) : nil
    }

    /// Whether what stands before on the line is a call of this program: its name as a word, not far away.
    private func isOption(of program: StaticString) -> Bool {
        let length = program.utf8CodeUnitCount
        var place = at - 1
        let first = max(0, at - Self.commandMaxBytes)
        while place > first, text[place] != 0x0A {
            place -= 1
            if text.begins(with: program, at: place), place == 0 || !SecretName.canHold(text[place - 1]),
                place + length < text.count, !SecretName.canHold(text[place + length])
            {
                return true
            }
        }
        return false
    }

    /// Bytes between a program's name and its option.
    private static let commandMaxBytes = 256
}

/// An option of one letter whose argument is a secret.
private struct SecretOption: Sendable {
    let program: StaticString
    let letter: UInt8
    /// Whether it can be `-psecret`, and `-p secret`.
    var canAttach = true
    var canStandApart = true
    /// What the secret follows within the argument.
    var afterUser: UInt8?

    init(
        _ program: StaticString, _ letter: Unicode.Scalar, canAttach: Bool = true, canStandApart: Bool = true,
        afterUser: Unicode.Scalar? = nil
    ) {
        self.program = program
        self.letter = UInt8(ascii: letter)
        self.canAttach = canAttach
        self.canStandApart = canStandApart
        self.afterUser = afterUser.map(UInt8.init(ascii:))
    }

    /// As the programs' own manuals have them.
    static let all: [SecretOption] = [
        // With a space between, the next word is the database, and the password is asked for.
        SecretOption("mysql", "p", canStandApart: false), SecretOption("mysqldump", "p", canStandApart: false),
        SecretOption("mysqladmin", "p", canStandApart: false), SecretOption("mariadb", "p", canStandApart: false),
        SecretOption("mariadb-dump", "p", canStandApart: false),
        SecretOption("mariadb-admin", "p", canStandApart: false),
        SecretOption("mongo", "p"), SecretOption("mongosh", "p"), SecretOption("mongodump", "p"),
        SecretOption("mongorestore", "p"),
        SecretOption("sshpass", "p"), SecretOption("redis-cli", "a"), SecretOption("sqlcmd", "P"),
        SecretOption("docker login", "p"), SecretOption("podman login", "p"), SecretOption("ldapsearch", "w"),
        SecretOption("ldapmodify", "w"), SecretOption("ldapadd", "w"),
        SecretOption("mosquitto_pub", "P"), SecretOption("mosquitto_sub", "P"), SecretOption("unzip", "P"),
        SecretOption("zip", "P"), SecretOption("7z", "p", canStandApart: false),
        SecretOption("curl", "u", afterUser: ":"), SecretOption("curl", "U", afterUser: ":"),
        SecretOption("http", "a", afterUser: ":"), SecretOption("smbclient", "U", afterUser: "%"),
    ]
}
