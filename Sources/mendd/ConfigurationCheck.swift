import ArgumentParser
import Glibc
import MendRules

/// `mendd --check-config`: says everything that is wrong in the configuration, the rules and the catalogue.
struct ConfigurationCheck {
    let configurationFile: String?
    let environment: [String: String]

    /// - Throws: 78 (EX_CONFIG) where something is wrong; it has been told by then, a line for each mistake.
    func run() throws {
        var mistakes: [String] = []
        var missing: [String] = []
        do {
            let configuration = try Configuration.load(file: configurationFile, environment: environment)
            missing = configuration.roles.missing.filter { !$0.isExpected }.map(\.text)
        } catch {
            mistakes.append(error.description)
        }
        var book = Rulebook.shipped
        do {
            book = try RuleFiles(besides: configurationFile).rulebook()
        } catch let problems as RuleProblems {
            mistakes += problems.all.map(\.description)
        } catch {
            mistakes.append("\(error)")
        }
        // The account may still be made.
        tell(missing.map { "a warning: \($0)" } + mistakes)
        guard mistakes.isEmpty else { throw ExitCode(78) }
        print("the configuration is valid: \(book.ruleCount) rules, \(book.codes.count) codes")
    }

    private func tell(_ texts: [String]) {
        let lines = Array(texts.map { "mendd: \($0)\n" }.joined().utf8)
        _ = write(STDERR_FILENO, lines, lines.count)
    }
}
