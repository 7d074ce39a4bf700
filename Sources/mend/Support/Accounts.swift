import Glibc

/// The host's users and groups by name, out of its own files.
///
/// Not by `getpwnam`: that loads the modules of nsswitch.conf(5) into the process, which crashes a program that is linked
/// statically, as the released client is.
enum Accounts {
    /// What to do about a name that only another source than the files has.
    static let note = " on this host; one of a directory is given by its number"

    static func user(_ name: String, in file: String = "/etc/passwd") -> UInt32? {
        find(file, fgetpwent) { String(cString: $0.pw_name) == name ? $0.pw_uid : nil }
    }

    static func group(_ name: String, in file: String = "/etc/group") -> UInt32? {
        find(file, fgetgrent) { String(cString: $0.gr_name) == name ? $0.gr_gid : nil }
    }

    /// The name, or the number where none of the files has one.
    static func name(ofUser uid: UInt32, in file: String = "/etc/passwd") -> String {
        find(file, fgetpwent) { $0.pw_uid == uid ? String(cString: $0.pw_name) : nil } ?? "\(uid)"
    }

    /// Nothing where none of the files has the user.
    static func home(ofUser uid: UInt32, in file: String = "/etc/passwd") -> String? {
        find(file, fgetpwent) { $0.pw_uid == uid ? String(cString: $0.pw_dir) : nil }
    }

    static func name(ofGroup gid: UInt32, in file: String = "/etc/group") -> String {
        find(file, fgetgrent) { $0.gr_gid == gid ? String(cString: $0.gr_name) : nil } ?? "\(gid)"
    }

    private static func find<Entry, Found>(
        _ file: String, _ next: (UnsafeMutablePointer<FILE>) -> UnsafeMutablePointer<Entry>?,
        _ found: (Entry) -> Found?
    ) -> Found? {
        guard let stream = fopen(file, "re") else { return nil }
        defer { fclose(stream) }
        while let entry = next(stream) {
            if let found = found(entry.pointee) { return found }
        }
        return nil
    }
}
