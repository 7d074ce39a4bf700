import MendWire

/// One page of a list: it ends at its limit, or before its answer would be too long for a line.
struct Page<Item: Encodable> {
    private(set) var items: [Item] = []
    /// Whether something was left for the next page.
    private(set) var hasMore = false
    private let limit: Int
    private var bytesLeft: Int

    init(limit: Int, maxBytes: Int) {
        self.limit = limit
        bytesLeft = maxBytes
    }

    /// Takes an item; tells whether there may be room for one more.
    mutating func take(_ item: Item) throws -> Bool {
        var writer = JSONWriter()
        try WireEncoder.encode(item, into: &writer)
        guard items.count < limit, items.isEmpty || writer.bytes.count < bytesLeft else {
            hasMore = true
            return false
        }
        bytesLeft -= writer.bytes.count + 1
        items.append(item)
        return true
    }
}
