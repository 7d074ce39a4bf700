import ArgumentParser
import MendProtocol

extension Setting {
    /// `default` takes a setting back to its default; anything else is its value.
    static func argument(_ text: String, _ value: (String) throws -> Value) throws -> Setting {
        text == "default" ? .unset : .to(try value(text))
    }
}

extension Rate {
    static func argument(_ text: String) throws -> Rate {
        guard let rate = Double(text).flatMap({ Rate($0) }) else {
            throw ValidationError("a rate is a number a second, between 0.001 and 1000000")
        }
        return rate
    }
}

extension Members {
    /// Names or numbers with commas between them, groups with an `@` before them.
    static func argument(_ text: String) throws -> Members {
        var members = Members()
        for word in text.split(separator: ",").map(String.init) {
            if word.hasPrefix("@") {
                members.groups = try (members.groups ?? []) + [group(String(word.dropFirst()))]
            } else {
                members.users = try (members.users ?? []) + [user(word)]
            }
        }
        return members
    }

    private static func user(_ word: String) throws -> UInt32 {
        guard let id = UInt32(word) ?? Accounts.user(word) else {
            throw ValidationError("there is no user \(word)\(Accounts.note)")
        }
        return id
    }

    private static func group(_ word: String) throws -> UInt32 {
        guard let id = UInt32(word) ?? Accounts.group(word) else {
            throw ValidationError("there is no group \(word)\(Accounts.note)")
        }
        return id
    }

    /// As it is given on the command line.
    var text: String {
        let all = (users ?? []).map(String.init) + (groups ?? []).map { "@\($0)" }
        return all.isEmpty ? "operators only" : all.joined(separator: ",")
    }
}
