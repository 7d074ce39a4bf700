import Glibc

/// States that mendd has kept: what a backup was restored over, and what there was before an upgrade.
struct KeptStates {
    private static let beginnings = ["mend.db.replaced-", "mend.db.before-"]

    let directory: String

    init(in directory: String) { self.directory = directory }

    var finding: Finding {
        guard let folder = opendir(directory) else {
            return .skipped("old states", because: "\(directory): \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var kept: [(name: String, bytes: Int64)] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Self.beginnings.contains(where: { name.hasPrefix($0) }) else { continue }
            var about = stat()
            guard fstatat(dirfd(folder), name, &about, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            kept.append((name, Int64(about.st_size)))
        }
        guard !kept.isEmpty else { return .ok("old states", "none in \(directory)") }
        let names = kept.sorted { $0.name < $1.name }.map { "\($0.name) (\(SizeText.text($0.bytes)))" }
        let what = names.count == 1 ? "it" : "them"
        return .ok(
            "old states",
            "\(directory) has \(names.joined(separator: ", ")), to go back to; mendd never removes \(what)")
    }
}
