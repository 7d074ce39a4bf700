import ArgumentParser

struct ErrorNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error", abstract: "What went wrong, and what to do about it.",
        subcommands: [
            Report.self, List.self, Get.self, Summary.self, Analysis.self, Classify.self, Guidance.self, Catalog.self,
            Mask.self,
        ])
}
