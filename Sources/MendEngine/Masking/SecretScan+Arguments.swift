// Arguments of commands.
extension SecretScan {
    /// `--password value` of a command line, and of a list such as `["--password", "value"]`.
    func valueOfOption() -> Found? {
        guard text.has("--", at: at), at == 0 || !SecretName.canHold(text[at - 1]) else { return nil }
        let end = text.end(of: SecretName.canHold, from: at + 2)
        let name = text[at + 2..<end]
        if readsPassword(name) { return valueEchoed() }
        guard let start = startOfArgument(after: end) else { return nil }
        if name.elementsEqual("user".utf8) || name.elementsEqual("proxy-user".utf8) {
            return passwordAfterUser(from: start, separator: UInt8(ascii: ":"))
        }
        guard SecretName.isSecret(name) || SecretName.isSecretIfMarked(name) else { return nil }
        let first = text.end(of: Self.isAroundString, from: start)
        guard first < text.count, text[first] != UInt8(ascii: "-") else { return nil }
        return value(from: start).map { ($0, .argument) }
    }

    /// Where the argument after an option begins: after blanks, or as the next string of a list.
    private func startOfArgument(after end: Int) -> Int? {
        guard end < text.count else { return nil }
        if text[end].isBlank { return text.endOfBlanks(from: end) }
        let quote = text[end] == Self.backslash ? end + 1 : end
        guard quote < text.count, text[quote].isQuote else { return nil }
        let comma = text.end(of: \.isSpace, from: quote + 1)
        guard comma < text.count, text[comma] == UInt8(ascii: ",") else { return nil }
        let start = text.end(of: \.isSpace, from: comma + 1)
        return start < text.count && Self.isAroundString(text[start]) ? start : nil
    }

    /// `--password-stdin` of docker, `--stdin` of passwd.
    private func readsPassword(_ option: Slice<ByteText>) -> Bool {
        option.elementsEqual("password-stdin".utf8) || (option.elementsEqual("stdin".utf8) && isOption(of: "passwd"))
    }

    /// `-p secret` and `-psecret` of programs of which it is known.
    func valueOfShortOption() -> Found? {
        guard at > 0, at + 2 < text.count, text[at + 1].isLetter else { return nil }
        let isListed = text[at - 1].isQuote
        guard isListed || text[at - 1].isBlank else { return nil }
        if let found = valueOfFlag() { return found }
        let letter = text[at + 1]
        let isAttached = isListed ? !Self.isAroundString(text[at + 2]) : !text[at + 2].isBlank
        guard let start = isAttached ? at + 2 : startOfArgument(after: at + 2) else { return nil }
        guard let option = SecretOption.all.first(where: { $0.letter == letter && isOption(of: $0.program) }) else {
            // Lists of arguments need not begin with the program.
            let isUser = isListed && !isAttached && letter == UInt8(ascii: "u")
            return isUser ? passwordAfterUser(from: start, separator: UInt8(ascii: ":")) : nil
        }
        guard start < text.count, !text[start].isSpace, isAttached ? option.canAttach : option.canStandApart else {
            return nil
        }
        if let separator = option.afterUser { return passwordAfterUser(from: start, separator: separator) }
        guard isListed, isAttached else { return value(from: start).map { ($0, .argument) } }
        let end = text.end(of: { !Self.isAroundString($0) }, from: start)
        return (start..<end, .argument)
    }

    /// `htpasswd -b file user secret`; `echo secret | sudo -S`.
    private func valueOfFlag() -> Found? {
        let end = text.end(of: \.isLetter, from: at + 1)
        let flags = text[at + 1..<end]
        if flags.contains(UInt8(ascii: "S")), isOption(of: "sudo") { return valueEchoed() }
        guard flags.contains(UInt8(ascii: "b")), isOption(of: "htpasswd") else { return nil }
        // With -n there is no file.
        var left = flags.contains(UInt8(ascii: "n")) ? 1 : 2
        var place = end
        while true {
            place = text.end(of: Self.isBetweenArguments, from: place)
            let word = text.end(of: { !Self.isBetweenArguments($0) && $0 != 0x0A }, from: place)
            guard place < word else { return nil }
            if text[place] != UInt8(ascii: "-") {
                if left == 0 { return (place..<word, .argument) }
                left -= 1
            }
            place = word
        }
    }

    private static func isBetweenArguments(_ byte: UInt8) -> Bool {
        byte.isBlank || byte.isQuote || byte == UInt8(ascii: ",")
    }

    /// The password of `user:password`, quoted or not. Two numbers are a user and a group.
    private func passwordAfterUser(from start: Int, separator: UInt8) -> Found? {
        guard let whole = value(from: start), let colon = text[whole].firstIndex(of: separator),
            colon + 1 < whole.upperBound, !text.begins(with: "//", at: colon + 1)
        else { return nil }
        let end = text[(colon + 1)..<whole.upperBound].firstIndex(where: Self.isAroundString) ?? whole.upperBound
        guard
            text[whole.lowerBound..<colon].contains(where: { !$0.isDigit })
                || text[colon + 1..<end].contains(where: { !$0.isDigit })
        else { return nil }
        return colon + 1 < end ? (colon + 1..<end, .argument) : nil
    }

    /// Whether what stands before on the line is a call of this program: its name as a word, not far away.
    func isOption(of program: StaticString) -> Bool {
        var place = at - 1
        let first = max(0, at - Self.commandMaxBytes)
        while place > first, text[place] != 0x0A {
            place -= 1
            if text[place] == program.utf8Start.pointee, place == 0 || !SecretName.canHold(text[place - 1]),
                let end = endOfProgram(program, at: place), end < text.count, !SecretName.canHold(text[end])
            {
                return true
            }
        }
        return false
    }

    /// A space in its name is also what stands between two strings of a list: `"docker", "login"`.
    private func endOfProgram(_ program: StaticString, at start: Int) -> Int? {
        var place = start
        for offset in 0..<program.utf8CodeUnitCount {
            let byte = program.utf8Start[offset]
            if byte == 0x20 {
                let next = text.end(of: Self.isBetweenArguments, from: place)
                guard next > place else { return nil }
                place = next
            } else {
                guard place < text.count, text[place] == byte else { return nil }
                place += 1
            }
        }
        return place
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
