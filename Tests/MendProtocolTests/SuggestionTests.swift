import MendProtocol
import Testing

@Suite("Suggestions for misspelt names")
struct SuggestionTests {
    @Test(
        "the distance counts what must be inserted, removed, replaced or exchanged",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("batch", "batch", 0), ("batch", "Batch", 0), ("batch", "bach", 1),
            ("bach", "batch", 1), ("batch", "botch", 1), ("batch", "btach", 1), ("kitten", "sitting", 3),
        ])
    func distance(left: String, right: String, expected: Int) {
        #expect(editDistance(left, right) == expected)
        #expect(editDistance(right, left) == expected)
    }

    @Test("nothing is suggested where nothing is near")
    func nothingNear() {
        #expect(nearest(to: "colour", among: ["limits.batch", "log.level"]) == nil)
        #expect(nearest(to: "colour", among: []) == nil)
    }

    @Test("of equally near names the first in alphabetical order is suggested")
    func ties() {
        #expect(nearest(to: "cat", among: ["hat", "bat", "rat"]) == "bat")
    }
}
