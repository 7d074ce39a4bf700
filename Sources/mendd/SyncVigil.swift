/// What the service manager is told while the writer waits for the disk.
struct SyncVigil {
    /// So long a sync counts as alive.
    static let patienceMs: Int64 = 300_000
    /// A shorter one is nothing to speak of.
    static let noticedMs: Int64 = 1000

    /// For people, while nothing takes long.
    let status: String
    private var isTold = false

    init(status: String) { self.status = status }

    /// - Parameter syncingForMs: how long a commit or checkpoint has been under way; nothing where there is none.
    /// - Returns: whether to feed the watchdog, and what to say to people, where that has changed.
    mutating func look(syncingForMs: Int64?) -> (beats: Bool, status: String?) {
        guard let ms = syncingForMs, ms >= Self.noticedMs else {
            defer { isTold = false }
            return (false, isTold ? status : nil)
        }
        isTold = true
        let beats = ms < Self.patienceMs
        let seconds = "\(ms / 1000) s"
        return (
            beats,
            beats
                ? "waiting for the disk: a sync has taken \(seconds) so far"
                : "the disk hangs: a sync has taken \(seconds), and is not waited for any longer"
        )
    }
}
