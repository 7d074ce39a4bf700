import MendProtocol
import Testing

@testable import mend

@Suite("The file of a worker")
struct WorkerFileTests {
    private func mistake(_ text: String) -> String? {
        do throws(FlatYAML.Mistake) {
            _ = try WorkerFile(text)
            return nil
        } catch {
            return "\(error.line): \(error.message)"
        }
    }

    @Test("all keys are understood")
    func all() throws {
        let file = try WorkerFile(
            """
            # mail
            queues: [urgent, "mail"]   # in this order
            command:
              - /usr/bin/send-mail
              - '--from=it''s me'
            parallel: 4
            timeout: 1m30s
            kill_after_ms: 500
            lease: 20s
            grace: 0
            drain: no

            """)
        #expect(file.queues.map(\.text) == ["urgent", "mail"])
        #expect(file.words == ["/usr/bin/send-mail", "--from=it's me"])
        #expect(file.parallel == 4)
        #expect(file.timeoutMs == 90_000)
        #expect(file.killAfterMs == 500)
        #expect(file.leaseMs == 20_000)
        #expect(file.graceMs == 0)
        #expect(!file.drains)
    }

    @Test("a command that is a text is for the shell")
    func script() throws {
        let file = try WorkerFile("queue: q\ncommand: read -r x && echo \"$x\" # said\n")
        #expect(file.words == ["/bin/sh", "-c", "read -r x && echo \"$x\""])
        #expect(try WorkerFile("queue: q\ncommand: \"a: \\t#b\"").words[2] == "a: \t#b")
    }

    @Test(
        "what is not understood is refused with its line",
        arguments: [
            ("queue: q\ncomand: x", "2: there is no key comand; did you mean command?"),
            ("queue: q\nqueues: [r]\ncommand: x", "2: queues says the same as line 1"),
            ("timeout: 5\nqueue: q\ncommand: x", "1: timeout is a duration: a unit is missing: 5s, 5ms, 5m"),
            ("queue: q\ncommand: x\ntimeout_ms: 0", "3: timeout_ms is more than 0"),
            ("queue: q\ncommand: x\nparallel: 257", "3: parallel is a number from 1 to 256"),
            ("queue: q\ncommand: |\n  x", "2: a value that begins with | stands in quotes"),
            ("queue: q\ncommand:\nparallel: 1", "2: command has no value"),
            ("queue: q\n  command: x", "2: it is indented, but only the items of lists are, each after a dash"),
            ("queue: q\ncommand: [x", "2: the list is not closed: ] is missing"),
            ("queue: q\ncommand: 'x", "2: the quote is not closed"),
            ("queue: q\ncommand: echo a: b", "2: a value with a colon before a space stands in quotes"),
            ("queue: a b\ncommand: x", "1: queue names 'a b', which cannot be a queue's name"),
            ("command: x", "1: a queue is missing: queue: NAME"),
            ("queue: q", "1: a command is missing: command: [PROGRAM, ARGUMENT]"),
            ("queue:q", "1: a space is missing after the colon"),
            ("queue: q\ncommand: x\ndrain: maybe", "3: drain is yes or no"),
        ])
    func refused(text: String, says: String) { #expect(mistake(text) == says) }
}
