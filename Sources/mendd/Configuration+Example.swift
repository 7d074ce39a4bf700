extension Configuration {
    /// The file that is shipped as `systemd/mend.yaml`: every key with its meaning, commented out at its default.
    ///
    /// What is prose has a space after the `#`, what is a setting has none.
    static var example: String {
        let sections = ConfigurationKey.sectionsNeedingRestart
        let needingRestart = sections.dropLast().joined(separator: ", ") + " and " + (sections.last ?? "")
        var lines = [
            "# The configuration of Mend, read from \(defaultFile) when the daemon starts, and with",
            "# systemctl reload mend; but \(needingRestart), and new payload keys, need a restart.",
            "#",
            "# Each setting is shown with its default; to change it, remove the # right before it. The environment",
            "# overrides the file: queue.max_size is MEND_QUEUE_MAX_SIZE there, and lists are written with commas. A",
            "# setting that is not known is refused.",
        ]
        var section: [Substring] = []
        for key in ConfigurationKey.all {
            let path = key.path
            let shared = zip(section, path.dropLast()).prefix { $0 == $1 }.count
            if section.first != path.first { lines.append("") }
            for (depth, name) in path.dropLast().enumerated().dropFirst(shared) {
                lines.append(indentation(depth) + name + ":")
            }
            section = path.dropLast()
            lines.append("\(indentation(section.count))# \(key.summary): \(key.allowed).")
            lines.append("\(indentation(section.count))#\(path[section.count]): \(key.text(in: Configuration()))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func indentation(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }
}
