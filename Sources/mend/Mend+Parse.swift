import ArgumentParser

extension Mend {
    /// The command that the arguments name.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        if let command = parseDirectly(arguments) { return command }
        return try parseAsRoot(arguments)
    }

    /// Lets the command itself parse what follows its name, if its full name comes first. To parse from the root, all
    /// commands' configurations are made and each level goes through all arguments: a tenth of the time of a whole call.
    ///
    /// Nil for all that is about more than this command: help, completions, and errors, whose usage line needs the root.
    static func parseDirectly(_ arguments: [String]) -> (any ParsableCommand)? {
        var command: any ParsableCommand.Type = Mend.self
        var rest = arguments[...]
        while let word = rest.first, let child = command.children.first(where: { $0.allNames.contains(word) }) {
            command = child
            rest.removeFirst()
        }
        guard command.children.isEmpty, let parsed = try? command.parseAsRoot(Array(rest)),
            type(of: parsed) == command
        else { return nil }
        return parsed
    }
}
