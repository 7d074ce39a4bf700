/// What the service manager is told while the writer waits for the disk.
enum SyncVigil {
    /// So long a sync counts as alive.
    static let patienceMs: Int64 = 300_000
    /// A shorter one is nothing to speak of.
    static let noticedMs: Int64 = 1000

    /// - Parameter syncingForMs: how long a commit or checkpoint has been under way; nothing where there is none.
    /// - Returns: whether to feed the watchdog, and what to say to people, where there is anything to say.
    static func look(syncingForMs: Int64?) -> (beats: Bool, status: String?) {
        guard let ms = syncingForMs, ms >= noticedMs else { return (false, nil) }
        let beats = ms < patienceMs
        let seconds = "\(ms / 1000) s"
        return (
            beats,
            beats
                ? "waiting for the disk: a sync has taken \(seconds) so far"
                : "the disk hangs: a sync has taken \(seconds), and is not waited for any longer"
        )
    }
}
