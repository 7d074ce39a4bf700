import Yams

/// What the YAML parser found, in one line instead of its excerpt of the file.
package struct YAMLMistake {
    package let line: Int
    package let column: Int
    package let text: String

    package init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, yaml: _),
            .parser(let context, let problem, let mark, yaml: _),
            .composer(let context, let problem, let mark, yaml: _):
            self.init(mark.line, mark.column, (context.map { $0.text + ": " } ?? "") + problem)
        case .reader(let problem, let offset, value: _, let yaml):
            let line = yaml.prefix(offset ?? 0).count(where: \.isNewline) + 1
            self.init(line, 1, problem)
        case .duplicatedKeysInMapping(let names, let context):
            self.init(
                context.mark.line, context.mark.column, "given twice in one section: " + names.joined(separator: ", "))
        default:
            self.init(1, 1, "cannot be read as YAML")
        }
    }

    private init(_ line: Int, _ column: Int, _ text: String) {
        self.line = line
        self.column = column
        self.text = text
    }
}
