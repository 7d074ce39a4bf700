import ArgumentParser

/// Prints what makes a shell complete the words after `mend`.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Prints the script that makes a shell complete mend's words.",
        discussion: """
            Commands, options, and the names that the daemon has: queues, breakers, transactions, groups. Where the \
            daemon is away or slow, names are left out.

            bash: mend completions bash > ~/.local/share/bash-completion/completions/mend
            zsh:  mend completions zsh > a directory of $fpath, as _mend
            fish: mend completions fish > ~/.config/fish/completions/mend.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let script =
            switch shell {
            case .bash: Mend.completionScript(for: .bash)
            case .zsh: Mend.completionScript(for: .zsh)
            case .fish: Mend.completionScript(for: .fish)
            }
        try Screen.write(script + "\n", to: 1)
    }
}
