import Glibc
import MendProtocol
import MendWire

/// What takes a step of the shell back, as it stands in the queue of its user's undos.
struct UndoScript: Codable {
    /// For `/bin/sh -c`.
    let sh: String
    /// Where it runs.
    let directory: String
    /// Where programs are looked for, as it was when the step began.
    let path: String
    /// The file that whoever is at the step holds locked; nothing where the step is not ours to be watched.
    var lock: String?

    /// One to be run here and as things are now.
    static func here(_ script: String, lock: String? = nil) -> UndoScript {
        UndoScript(
            sh: script, directory: workingDirectory(),
            path: getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin", lock: lock)
    }

    var payload: RawJSON {
        get throws { RawJSON(unchecked: try WireEncoder.text(of: self)) }
    }

    /// - Throws: `WorkRefusal` where it is none that we have written.
    init(_ payload: RawJSON) throws {
        do {
            self = try WireDecoder.decode(UndoScript.self, from: payload.document.root)
        } catch {
            throw WorkRefusal(
                message:
                    "this is no undo of the shell, so nothing is run: it must have sh, directory and path, as text (\(error))",
                category: .validation)
        }
    }

    private init(sh: String, directory: String, path: String, lock: String?) {
        (self.sh, self.directory, self.path, self.lock) = (sh, directory, path, lock)
    }

    /// The queue of a user's undos.
    static func queue(of uid: UInt32) -> Name { Name(unchecked: "undo.\(uid)") }
    static var ownQueue: Name { queue(of: geteuid()) }
}
