import Glibc
import LoadKit
import MendWire

/// R3: the daemon, or the worker, is killed at every step of a rollback of ten, at each point of an undo.
struct RollbackTrial {
    enum Victim: String, CaseIterable {
        case daemon, worker
    }

    let options: Options
    let place: Workplace

    private static let steps = 10

    func verdicts() throws -> [Verdict] {
        // In a quick run: where an undo may be lost, and where it may be done twice.
        let points = options.quick ? ["leased", "asked"] : UndoWorker.points
        return try Victim.allCases.map { victim -> Verdict in
            var kills = 0
            var undos = 0
            var problems: [String] = []
            for point in points {
                let done = try place.withDirectory { try rollback($0, killing: victim, at: point) }
                kills += done.kills
                undos += done.undone.count
                problems += done.problems.map { "killed at \(point): \($0)" }
            }
            for problem in problems { Text.note("  \(victim.rawValue) \(problem)") }
            return Verdict(
                "R3 \(victim.rawValue)", isReached: problems.isEmpty,
                "\(points.count) rollbacks of \(Self.steps) steps, \(kills) kills (\(points.joined(separator: ", "))): "
                    + "\(undos) undos done, \(problems.count) out of order, missing or refused")
        }
    }

    private struct Rollback {
        var kills = 0
        var undone: [Int] = []
        var problems: [String] = []
    }

    private func rollback(_ directory: String, killing victim: Victim, at point: String) throws -> Rollback {
        let daemon = try Mendd(program: options.mendd, directory: directory)
        defer { daemon.crash() }
        let transaction = try begin(daemon)
        let undos = "\(directory)/undos"
        var result = Rollback()
        var worker = try startWorker(daemon, undos, try .init("\(point):\(Self.steps + 1)"))
        defer { worker.crash() }
        for step in (1...Self.steps).reversed() {
            try waitFor(line: "at \(point):\(step)", in: undos, worker)
            switch victim {
            case .daemon:
                daemon.crash()
                try daemon.start()
                kill(worker.pid, SIGCONT)
            case .worker:
                worker.crash()
                worker = try startWorker(daemon, undos, try .init("\(point):\(step)"))
            }
            result.kills += 1
        }
        try check(transaction, daemon, undos, &result)
        return result
    }

    private func begin(_ daemon: Mendd) throws -> Int {
        let inquiry = try Inquiry(daemon.socket)
        func ask(_ method: String, _ params: String) throws -> JSONValue {
            let answer = try inquiry.ask("transaction.\(method)", params)
            guard let result = answer["result"] else { throw LoadFailure("\(method): \(answer.rawText)") }
            return result
        }
        let id = try ask("begin", #""name":"deploy""#)["transaction"]?.integerValue ?? 0
        for step in 1...Self.steps {
            let undo = #"{"queue":"\#(Work.undoQueue)","payload":\#(step)}"#
            _ = try ask("step", #""transaction":\#(id),"name":"s\#(step)","undo":\#(undo)"#)
            // The last one may or may not have happened.
            if step < Self.steps { _ = try ask("confirm", #""transaction":\#(id),"step":\#(step)"#) }
        }
        _ = try ask("rollback", #""transaction":\#(id)"#)
        return id
    }

    private func startWorker(_ daemon: Mendd, _ log: String, _ stop: UndoWorker.Stop) throws -> ChildProcess {
        try ChildProcess(
            [CommandLine.arguments[0], "undo-worker", "--socket", daemon.socket, "--stop-at", stop.text], log: log)
    }

    private func waitFor(line: String, in file: String, _ worker: ChildProcess) throws {
        let deadline = Clock.now() + 20_000_000_000
        while !(Text.file(file) ?? "").contains(line + "\n") {
            try Interruption.check()
            guard Clock.now() < deadline, worker.isRunning else {
                throw LoadFailure("the worker never came to '\(line)': \(worker.printed.suffix(300))")
            }
            Clock.pause(milliseconds: 1)
        }
    }

    private func check(_ transaction: Int, _ daemon: Mendd, _ file: String, _ result: inout Rollback) throws {
        let inquiry = try Inquiry(daemon.socket)
        let deadline = Clock.now() + 10_000_000_000
        var answer: JSONValue
        repeat {
            Clock.pause(milliseconds: 5)
            answer = try inquiry.ask("transaction.get", #""transaction":\#(transaction)"#)
        } while answer["result"]?["info"]?["state"]?.stringValue != "rolled_back" && Clock.now() < deadline
        if answer["result"]?["info"]?["state"]?.stringValue != "rolled_back" {
            result.problems.append("not rolled back: \(answer.rawText)")
        }
        for step in answer["result"]?["steps"]?.elements.map({ $0 }) ?? []
        where step["state"]?.stringValue != "undone" {
            result.problems.append("not undone: \(step.rawText)")
        }
        let lines = (Text.file(file) ?? "").split(separator: "\n")
        result.problems += lines.filter { $0.hasPrefix("refused") }.map(String.init)
        result.undone = lines.compactMap { Work.number(in: String($0), after: "undone ") }
        for (earlier, later) in zip(result.undone, result.undone.dropFirst()) where later > earlier {
            result.problems.append("undo \(later) after \(earlier)")
        }
        for step in Set(1...Self.steps).subtracting(result.undone) { result.problems.append("undo \(step) never done") }
    }
}
