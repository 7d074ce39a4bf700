/// The work that every enqueue carries: a JSON object of 250 bytes.
enum Payload {
    static let text: String = {
        let start =
            #"{"to":"reader@example.com","template":"invoice","locale":"en","order":120731,"amount":129.9,"#
            + #""currency":"EUR","items":["A-17","B-04","C-33"],"urgent":false,"note":""#
        let end = #""}"#
        let words = String(repeating: "please ring twice ", count: 20)
        return start + words.prefix(size - start.utf8.count - end.utf8.count) + end
    }()

    /// In bytes; every character is one.
    static let size = 250
}
