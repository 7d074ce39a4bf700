/// The first line of what a server said, as programs print it: `HTTP/1.1 503 Service Unavailable`, by `curl -v` with `< `
/// before it.
enum HTTPStatusLine {
    /// The status of the last such line that tells of a failure.
    static func find(in text: String) -> Int32? {
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let words = line.drop { $0 == "<" || $0 == " " || $0 == "\t" }.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int32(words[1]),
                (400...599).contains(status)
            else { continue }
            return status
        }
        return nil
    }
}
