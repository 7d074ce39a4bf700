import Glibc
import MendEngine
import MendProtocol

/// Who is at the other end of a connection, by the kernel's word at the time of the connect.
struct Peer: Sendable {
    let uid: UInt32
    let gid: UInt32
    let pid: Int32
    /// The supplementary groups.
    let groups: [UInt32]

    init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
    }

    /// Asks the kernel; nothing where the socket has no peer any more.
    init?(of socket: Int32) {
        // `struct ucred`, which is not visible to Swift: pid, uid, gid (unix(7), SO_PEERCRED).
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
        uid = credentials.uid
        gid = credentials.gid
        pid = credentials.pid
        groups = Self.groups(of: socket)
    }

    private static func groups(of socket: Int32) -> [UInt32] {
        let mostGroups = 65536  // NGROUPS_MAX of the kernel.
        var count = 64
        while count <= mostGroups {
            var groups = [UInt32](repeating: 0, count: count)
            var size = socklen_t(count * MemoryLayout<UInt32>.size)
            if getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &size) == 0 {
                return Array(groups.prefix(Int(size) / MemoryLayout<UInt32>.size))
            }
            guard errno == ERANGE else { return [] }
            count *= 8
        }
        return []
    }

    func isIn(_ group: UInt32) -> Bool { gid == group || groups.contains(group) }

    func caller(role: Role) -> Caller {
        Caller(
            uid: uid, pid: pid, role: role, groups: [gid] + groups,
            command: readSmallFile("/proc/\(pid)/comm")?.trimmed,
            unit: readSmallFile("/proc/\(pid)/cgroup").flatMap(Self.unit(inCgroup:)))
    }

    /// The systemd unit in the text of `/proc/PID/cgroup`: the last part of the path that is named like one.
    static func unit(inCgroup text: String) -> String? {
        // "0::/PATH": the path may have colons of its own.
        let paths = text.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last ?? ""
        }
        let parts = paths.flatMap { $0.split(separator: "/") }
        return parts.last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }.map(String.init)
    }
}
