/// What a message may be at most.
package struct WireLimits: Sendable, Hashable {
    /// Bytes of a line without its end.
    package var lineBytes: Int
    /// Messages of a batch.
    package var batch: Int
    /// Arrays and objects that are open at once.
    package var nesting: Int

    /// The limits that hold when none are configured.
    package init(lineBytes: Int = 1 << 20, batch: Int = 1000, nesting: Int = JSONDocument.defaultMaxDepth) {
        self.lineBytes = lineBytes
        self.batch = batch
        self.nesting = nesting
    }
}
