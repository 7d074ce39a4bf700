/// Something that may ask for the end of a command while it runs.
protocol AttemptWatch: AnyObject {
    /// Readable when it is to be asked; negative where there is none.
    var descriptor: Int32 { get }
    /// When it is to be asked at the latest, by ``monotonicMs()``; nothing where only the descriptor says so.
    var dueMs: Int64? { get }

    /// Whether the command is to end. It takes what has made the descriptor readable.
    func mustEnd() -> Bool
}
