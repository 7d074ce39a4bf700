import Foundation
import Glibc
import Testing

@Suite("Backups")
struct BackupTests {
    private func mendd(_ arguments: String...) throws -> (status: Child.End, output: String, errors: String) {
        let child = try Child([Package.program("mendd")] + arguments)
        let end = try child.waitForEnd()
        return (end, child.outputText, child.errorText)
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("a backup is made and verified while the daemon serves, and begins again as another instance")
    func roundTrip() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        let instance = try client.result("system.hello")["instance"]
        for number in 1...3 { _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(number)}"#) }
        _ = try client.result("queue.lease", #"{"queues":["q"]}"#)
        let backup = daemon.place.file("backup.db")
        let made = try mendd("backup", backup, "--state", daemon.statePath)
        #expect(made.status == .exited(0) && made.output.contains("a verified backup"), "\(made)")
        #expect(mode(of: backup) == 0o600)
        #expect(try mendd("verify", backup).status == .exited(0))
        #expect(try mendd("verify", "--state", daemon.statePath).status == .exited(0))
        // What comes after it is not in it, and its id is never given out again.
        let lost = try client.result("queue.enqueue", #"{"queue":"q","payload":4}"#)["operation"].int ?? 0

        let refused = try mendd("restore", backup, "--state", daemon.statePath)
        #expect(refused.status == .exited(1) && refused.errors.contains("another mendd uses"))
        try daemon.stop()
        let restored = try mendd("restore", backup, "--state", daemon.statePath)
        #expect(restored.status == .exited(0), "\(restored)")
        #expect(restored.output.contains("mendd does not need \(daemon.databasePath).replaced-1"))
        // What was there is whole under its other name, and nothing of it beside the new one.
        let old = try Set(FileManager.default.contentsOfDirectory(atPath: daemon.statePath))
        #expect(old == ["mend.db", "mend.db.replaced-1", "mend.lock"])
        #expect(try mendd("verify", daemon.databasePath + ".replaced-1").status == .exited(0))
        #expect(mode(of: daemon.databasePath) == 0o600)

        try daemon.restart()
        let again = try daemon.connect()
        #expect(try again.result("system.hello")["instance"] != instance)
        #expect(try again.result("queue.stats")["queues"][0]["counts"]["ready"] == 2)
        #expect(try again.result("queue.enqueue", #"{"queue":"q","payload":5}"#)["operation"].int ?? 0 > lost)
        // The journal goes on where the backup ended.
        let started = try again.result("events.list", #"{"kinds":["daemon.started"]}"#)["events"].elements
        #expect(started.map { $0["event"] } == [1, 2])
        #expect(started.last?["message"] == "the daemon began to work on a backup that was restored")
        let name = try again.result("system.hello")["instance"]
        try daemon.restart()
        #expect(try daemon.connect().result("system.hello")["instance"] == name, "it is restored once")
    }

    @Test("what is damaged is not restored, and nothing is touched by the attempt")
    func damaged() throws {
        let daemon = try Daemon()
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        let backup = daemon.place.file("backup.db")
        #expect(try mendd("backup", backup, "--state", daemon.statePath).status == .exited(0))
        try daemon.stop()
        let before = try daemon.place.contents(of: "state")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: backup))
        for page in [3, 9, 17] {
            try file.seek(toOffset: UInt64(page) * 4096)
            try file.write(contentsOf: Data(repeating: 0x2A, count: 4096))
        }
        try file.close()
        #expect(try mendd("verify", backup).status == .exited(1))
        let refused = try mendd("restore", backup, "--state", daemon.statePath)
        #expect(refused.status == .exited(1) && refused.errors.contains("damaged"), "\(refused)")
        #expect(try daemon.place.contents(of: "state") == before)
        try daemon.place.write("no database", to: "text")
        #expect(try mendd("restore", daemon.place.file("text"), "--state", daemon.statePath).status == .exited(1))
        #expect(try mendd("restore", daemon.place.file("nowhere"), "--state", daemon.statePath).status == .exited(1))
        #expect(try daemon.place.contents(of: "state") == before)
    }

    @Test("a state that contradicts itself is told of in a sentence, and is not backed up")
    func contradiction() throws {
        let daemon = try Daemon()
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try daemon.stop()
        try SQLite.execute("UPDATE queues SET ready = 7", on: daemon.databasePath)
        let found = try mendd("verify", "--state", daemon.statePath)
        #expect(found.status == .exited(1))
        #expect(found.errors.contains("the queue q counts 7 operations in state 2, and has 1"))
        let backup = daemon.place.file("backup.db")
        try daemon.place.write("the one before", to: "backup.db")
        #expect(try mendd("backup", backup, "--state", daemon.statePath).status == .exited(1))
        #expect(try String(contentsOfFile: backup, encoding: .utf8) == "the one before")
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.place.path)
        #expect(!left.contains { $0.contains("partial") })
    }

    @Test("the state is not backed up onto itself, and a place that cannot be written to is told of")
    func places() throws {
        let daemon = try Daemon()
        let own = try mendd("backup", daemon.databasePath, "--state", daemon.statePath)
        #expect(own.status == .exited(1) && own.errors.contains("it is the state itself"))
        let nowhere = try mendd("backup", daemon.place.file("nowhere/b.db"), "--state", daemon.statePath)
        #expect(nowhere.status == .exited(1) && nowhere.errors.contains("No such file or directory"))
        #expect(try daemon.connect().result("system.health")["status"] == "ok")
    }

    @Test("what a killed backup has left is removed by the next one, and what another one is making is not")
    func leftovers() throws {
        let daemon = try Daemon()
        let backup = daemon.place.file("backup.db")
        let (left, inUse) = (backup + ".partial.abcdef", backup + ".partial.ghijkl")
        for folder in [left, inUse] { #expect(mkdir(folder, 0o700) == 0) }
        try daemon.place.write("half of it", to: "backup.db.partial.abcdef/copy")
        let lock = open(inUse, O_RDONLY)
        #expect(flock(lock, LOCK_EX) == 0)
        #expect(try mendd("backup", backup, "--state", daemon.statePath).status == .exited(0))
        let files = try FileManager.default.contentsOfDirectory(atPath: daemon.place.path)
        #expect(files.filter { $0.contains("partial") } == ["backup.db.partial.ghijkl"])
        close(lock)
    }

    @Test("what is no file is not replaced by a backup")
    func notAFile() throws {
        let daemon = try Daemon()
        let (link, pipe) = (daemon.place.file("latest.db"), daemon.place.file("pipe"))
        #expect(symlink("elsewhere.db", link) == 0 && mkfifo(pipe, 0o600) == 0)
        for path in [link, pipe] {
            let refused = try mendd("backup", path, "--state", daemon.statePath)
            #expect(refused.status == .exited(1) && refused.errors.contains("no file but something else"), "\(refused)")
        }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "elsewhere.db")
        var status = stat()
        #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }

    @Test(
        "root restores as the user to whom the state belongs, whom nothing there can make more than that",
        .enabled(if: geteuid() == 0, "only root may become another user"))
    func restoreAsRoot() throws {
        let daemon = try Daemon()
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        let backup = daemon.place.file("backup.db")
        #expect(try mendd("backup", backup, "--state", daemon.statePath).status == .exited(0))
        try daemon.stop()
        let (theirs, secret) = (daemon.place.file("theirs"), daemon.place.file("secret"))
        try daemon.place.write("only root's", to: "secret")
        #expect(mkdir(theirs, 0o700) == 0 && chown(theirs, 1000, 1000) == 0 && chmod(daemon.place.path, 0o755) == 0)
        #expect(symlink(secret, theirs + "/mend.lock") == 0)
        #expect(try mendd("restore", backup, "--state", theirs).status == .exited(1))
        var status = stat()
        #expect(stat(secret, &status) == 0 && status.st_uid == 0)
        #expect(unlink(theirs + "/mend.lock") == 0)
        // An attempt that fails leaves nothing of root's there.
        #expect(try mendd("restore", daemon.place.file("nowhere"), "--state", theirs).status == .exited(1))
        #expect(stat(theirs + "/mend.lock", &status) == 0 && status.st_uid == 1000)
        let restored = try mendd("restore", backup, "--state", theirs)
        #expect(restored.status == .exited(0), "\(restored)")
        #expect(stat(theirs + "/mend.db", &status) == 0 && status.st_uid == 1000)
        #expect(try mendd("verify", "--state", theirs).status == .exited(0))
    }

    @Test(
        "root backs up only to where nobody else can put another file in the place of the one that is made",
        .enabled(if: geteuid() == 0, "only root may do what another user could abuse"))
    func asRoot() throws {
        let daemon = try Daemon()
        let theirs = daemon.place.file("home")
        #expect(mkdir(theirs, 0o755) == 0 && chown(theirs, 1000, 1000) == 0 && mkdir(theirs + "/sub", 0o755) == 0)
        for folder in [theirs, theirs + "/sub"] {
            // A file that looks like a state's changes nothing.
            close(open(folder + "/mend.lock", O_CREAT | O_WRONLY, 0o600))
            let refused = try mendd("backup", folder + "/b.db", "--state", daemon.statePath)
            #expect(refused.status == .exited(1) && refused.errors.contains("others than root can"), "\(refused)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: theirs).sorted() == ["mend.lock", "sub"])
        }
    }

    @Test("a file with triggers or views of somebody else is not restored")
    func foreignSchema() throws {
        let daemon = try Daemon()
        let backup = daemon.place.file("backup.db")
        _ = try daemon.connect()
        #expect(try mendd("backup", backup, "--state", daemon.statePath).status == .exited(0))
        try daemon.stop()
        try SQLite.execute(
            "CREATE TRIGGER evil AFTER INSERT ON operations BEGIN UPDATE operations SET uid = 0 WHERE id = new.id; END",
            on: backup)
        let refused = try mendd("restore", backup, "--state", daemon.statePath)
        #expect(refused.status == .exited(1))
        #expect(refused.errors.contains("the trigger evil is none of mendd's"), "\(refused)")
    }
}
