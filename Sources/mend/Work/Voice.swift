/// What a command that runs for long says on standard error.
struct Voice: Sendable {
    let isQuiet: Bool
    let isVerbose: Bool

    init(_ globals: GlobalOptions, isVerbose: Bool = false) {
        isQuiet = globals.quiet
        self.isVerbose = isVerbose
    }

    func say(_ text: String, hint: String? = nil) {
        if !isQuiet { Notice.tell(text, hint: hint) }
    }

    /// For those who want to see what goes well, too.
    func sayMore(_ text: String) {
        if isVerbose { say(text) }
    }
}
