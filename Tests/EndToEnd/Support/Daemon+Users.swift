import Foundation
import Glibc
import Testing

extension Daemon {
    /// Whether tests can speak to a daemon as other users.
    static let canSpeakAsOthers = geteuid() == 0 && Tool.isInstalled("setpriv") && Tool.isInstalled("socat")

    /// A connection that the daemon takes for that user's, who needs no account. `wrapper` is a program that runs what
    /// connects, with its options.
    func connect(
        as uid: Int, groups: [Int] = [], through wrapper: [String] = [], to socket: String? = nil
    ) throws -> LineClient {
        chmod(place.path, 0o711)
        chmod(socket ?? self.socket, 0o666)
        let folder = place.file("\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        chown(folder, uid_t(uid), gid_t(uid))
        let setpriv = try #require(Tool.path("setpriv"))
        let socat = try #require(Tool.path("socat"))
        let others = groups.isEmpty ? "--clear-groups" : "--groups=\(groups.map(String.init).joined(separator: ","))"
        let relay = try Child(
            wrapper + [
                setpriv, "--reuid=\(uid)", "--regid=\(uid)", others, socat, "-d", "-d",
                "UNIX-LISTEN:\(folder)/relay", "UNIX-CONNECT:\(socket ?? self.socket)",
            ])
        try relay.waitForErrors(containing: "listening on")
        return try LineClient(path: "\(folder)/relay", of: self, relay: relay)
    }
}
