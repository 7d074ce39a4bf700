import ArgumentParser
import MendProtocol

/// The short form of `mend system explain`.
struct ExplainCommand: CallCommand {
    static let configuration = CommandConfiguration(commandName: "explain", abstract: System.Explain.summary)

    @Argument(help: Subject.help, transform: Subject.argument)
    var subject: Subject
    @OptionGroup var globals: GlobalOptions

    func makeCall() -> System.Explain { System.Explain(subject) }

    func show(_ answer: System.Explain.Answer, on screen: inout Screen) {
        ExplainScreen(answer).show(on: &screen)
    }
}

extension Subject {
    static let help = ArgumentHelp("What is meant: op:1207, queue:NAME, breaker:NAME, txn:3, error:17 or group:2.")

    static func argument(_ text: String) throws -> Subject {
        guard let subject = Subject(text) else { throw ValidationError("it \(expected)") }
        return subject
    }
}

/// An explanation as people read it.
struct ExplainScreen {
    private let answer: System.Explain.Answer

    init(_ answer: System.Explain.Answer) { self.answer = answer }

    func show(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        table.add("\(answer.id.description)", Table.Cell(answer.state, .heading))
        for (place, why) in answer.why.enumerated() { table.add(place == 0 ? "why" : "", Table.Cell(why)) }
        if let next = answer.next {
            let when = next.at.map { "\(screen.clock.text($0)): " } ?? ""
            table.add("next", Table.Cell(when + next.what))
        }
        if let hint = answer.hint { table.add("hint", Table.Cell(hint)) }
        if !answer.see.isEmpty { table.add("see", Table.Cell(answer.see.map(\.description).joined(separator: " "))) }
        screen.table(table)
    }
}
