/// Where a value stands, as error messages name it: `retry.base_ms`, `items[3]`, `tags["a b"]`.
enum JSONPath {
    /// Scalars of a name that are shown: a name can be as long as a line.
    private static let maxNameLength = 64

    static func appending(_ name: String, to path: String) -> String {
        let isLong = name.unicodeScalars.count > maxNameLength
        let shown = isLong ? String(String.UnicodeScalarView(name.unicodeScalars.prefix(maxNameLength))) + "…" : name
        let isPlain =
            !shown.isEmpty
            && shown.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "$", "…": true
                default: false
                }
            }
        guard isPlain else {
            var writer = JSONWriter()
            writer.writeString(shown)
            return path + "[" + writer.text + "]"
        }
        return path.isEmpty ? shown : path + "." + shown
    }
}

extension JSONTape {
    /// The path of a node below `base`; empty for `base` itself. It is found by walking down, since only errors ask.
    func path(of target: Int, below base: Int = 0) -> String {
        var path = ""
        var at = base
        while at < target, target < nodes[at].next {
            if nodes[at].tag == .object {
                var key = at + 1
                while nodes[key + 1].next <= target { key = Int(nodes[key + 1].next) }
                path = JSONPath.appending(string(key), to: path)
                guard key < target else { return path }
                at = key + 1
            } else {
                var element = at + 1
                var ordinal = 0
                while nodes[element].next <= target {
                    element = Int(nodes[element].next)
                    ordinal += 1
                }
                path += "[\(ordinal)]"
                at = element
            }
        }
        return path
    }
}
