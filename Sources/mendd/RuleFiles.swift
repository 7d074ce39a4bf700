import Glibc
import MendRules

/// The operator's rules and catalogue: `rules.d/*.yaml` and `catalog.d/*.yaml` beside the configuration file.
struct RuleFiles {
    /// Of one folder; more are taken for a mistake.
    static let maxFiles = 1000

    private let folder: String

    /// - Parameter configurationFile: the file that was asked for; nil for the default one.
    init(besides configurationFile: String?, defaultFile: String = Configuration.defaultFile) {
        let file = configurationFile ?? defaultFile
        folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    }

    /// What is shipped and what the files add.
    ///
    /// - Throws: `RuleProblems` for what is wrong in files, `ConfigurationError` for those that cannot be read.
    func rulebook() throws -> Rulebook {
        let (rules, catalogue) = (try sources("rules.d"), try sources("catalog.d"))
        return rules.isEmpty && catalogue.isEmpty ? .shipped : try Rulebook(rules: rules, catalogue: catalogue)
    }

    /// The files of a folder in the order of their names; none where there is no such folder.
    private func sources(_ name: String) throws(ConfigurationError) -> [SourceText] {
        let path = "\(folder)/\(name)"
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw ConfigurationError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Editors leave files such as .10-mine.yaml.swp and 10-mine.yaml~ behind.
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        guard names.count <= Self.maxFiles else {
            throw ConfigurationError("\(path): more than \(Self.maxFiles) files")
        }
        var sources: [SourceText] = []
        for name in names.sorted() {
            let file = "\(path)/\(name)"
            var status = stat()
            // To read a pipe would be to wait for whoever writes to it.
            if stat(file, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
                throw ConfigurationError("\(file): not a regular file")
            }
            if let text = try Configuration.text(of: file, mayBeMissing: false) {
                sources.append(SourceText(file: file, text: text))
            }
        }
        return sources
    }
}
