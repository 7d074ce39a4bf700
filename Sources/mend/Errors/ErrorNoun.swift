import ArgumentParser

struct ErrorNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error", abstract: "What went wrong, and what to do about it.",
        subcommands: [
            Summary.self, Report.self, List.self, Get.self, Export.self, Clear.self, Analysis.self, Classify.self,
            Guidance.self, Catalog.self, Mask.self, Import.self, ReportUnit.self,
        ])
}
