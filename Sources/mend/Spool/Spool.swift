import Glibc
import MendClient
import MendProtocol
import MendWire

/// Reports that the daemon could not take: one file each, delivered when it is back. The file's name is the key by which
/// the daemon knows one that it has been told already.
struct Spool {
    /// More are not kept.
    private static let mostReports = 10_000
    private static let suffix = ".json"

    let directory: String

    /// A place to keep reports.
    init() throws { directory = try UserDirectory.make(.state, "spool") }

    private init(directory: String) { self.directory = directory }

    /// What is kept already; nothing where there is none.
    static func waiting() throws -> Spool? {
        let spool = Spool(directory: try UserDirectory.path(.state, "spool"))
        guard access(spool.directory, F_OK) == 0 else { return nil }
        return try spool.names().isEmpty ? nil : spool
    }

    /// What a report is known by from the first time that it is told: to the daemon its idempotency key, here its file.
    static func newName() -> String {
        "\(WallClock.system().nowMs)-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    }

    /// Keeps a report, on disk when this returns.
    func keep(_ report: Errors.Report, as name: String) throws {
        guard try names().count < Self.mostReports else {
            throw SystemFailure("\(directory) has \(Self.mostReports) reports already", ENOSPC)
        }
        let file = name + Self.suffix
        try write(report, to: "\(directory)/.\(file)", then: "\(directory)/\(file)")
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw SystemFailure(directory, errno) }
    }

    private func write(_ report: Errors.Report, to temporary: String, then path: String) throws {
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure(temporary, errno) }
        defer { close(file) }
        var line = JSONWriter()
        try WireEncoder.encode(report, into: &line)
        line.endLine()
        guard line.bytes.withUnsafeBytes({ writeAll($0, to: file) }), fsync(file) == 0,
            rename(temporary, path) == 0
        else {
            let number = errno
            unlink(temporary)
            throw SystemFailure(temporary, number)
        }
    }

    /// Delivers what is kept, the oldest first. What the daemon refuses for good is set aside, and said.
    ///
    /// - Returns: how many were delivered.
    func deliver(_ client: BlockingClient, say: (String) -> Void) throws -> Int {
        var delivered = 0
        for name in try names() {
            guard let report = read(name) else { continue }
            var meta = Meta()
            meta.idempotencyKey = IdempotencyKey(String(name.dropLast(Self.suffix.count)))
            do throws(ClientError) {
                _ = try client.call(report, meta: meta)
                unlink("\(directory)/\(name)")
                delivered += 1
            } catch {
                guard case .failed(let call) = error, !call.isRetryable else { throw error }
                setAside(name, as: ".refused")
                say("a report that was kept is refused: \(call.message); it is \(directory)/\(name).refused now")
            }
        }
        return delivered
    }

    /// What is kept under a name; nothing where another command has delivered it meanwhile, or where it is no report.
    func read(_ name: String) -> Errors.Report? {
        let path = "\(directory)/\(name)"
        guard Self.isFile(path), let text = try? Input.all(path) else { return nil }
        do {
            return try WireDecoder.decode(Errors.Report.self, from: RawJSON(validating: text).document.root)
        } catch {
            // It was not written by us; it stays for whoever looks.
            setAside(name, as: ".unreadable")
            return nil
        }
    }

    /// Whether it can be read without waiting for anybody.
    private static func isFile(_ path: String) -> Bool {
        var about = stat()
        return lstat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFREG
    }

    private func setAside(_ name: String, as suffix: String) {
        rename("\(directory)/\(name)", "\(directory)/\(name)\(suffix)")
    }

    /// Of the files, the oldest first.
    func names() throws -> [String] {
        guard let folder = opendir(directory) else { throw SystemFailure(directory, errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(Self.suffix), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
