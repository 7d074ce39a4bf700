import Glibc
import MendProtocol
import MendWire
import Testing

@testable import MendClient
@testable import mend

@Suite("How the shell client ends")
struct ExitStatusTests {
    private static func failed(_ reason: Reason) -> ClientError { .failed(FailedCall(CallError(reason, "m"))) }

    private static func unreachable(_ errno: Int32) -> ClientError {
        .unreachable(Unreachable(socket: "/s", errno: errno, message: "no daemon at /s", hint: "start it"))
    }

    @Test(
        "each kind of failure has its exit status",
        arguments: [
            (unreachable(ENOENT), .unreachable), (unreachable(ECONNREFUSED), .unreachable),
            (unreachable(EACCES), .notAllowed), (unreachable(EAGAIN), .tryLater),
            (.connectionLost("x"), .unreachable), (.timedOut, .unreachable), (.protocolViolation("x"), .failed),
            (.cancelled, .failed), (failed(.notFound), .failed), (failed(.invalidParams), .failed),
            (failed(.leaseLost), .failed), (failed(.permissionDenied), .notAllowed), (failed(.queueFull), .tryLater),
            (failed(.diskFull), .tryLater), (failed(.unavailable), .tryLater), (failed(.shuttingDown), .tryLater),
            (failed(.tooManyConnections), .tryLater),
        ] as [(ClientError, mend.ExitStatus)])
    func status(error: ClientError, status: mend.ExitStatus) {
        #expect(mend.ExitStatus(error) == status)
    }

    @Test("the numbers are those that scripts know")
    func numbers() {
        let numbers: [mend.ExitStatus: Int32] = [
            .done: 0, .failed: 1, .usage: 64, .unreachable: 69, .tryLater: 75, .notAllowed: 77,
        ]
        for (status, number) in numbers { #expect(status.rawValue == number) }
    }

    @Test(
        "how what was waited for has ended is the exit status",
        arguments: [
            ("queue wait 1", #"{"state":"done"}"#, .done), ("queue wait 1", #"{"state":"dead"}"#, .failed),
            ("queue wait 1", #"{"state":"expired"}"#, .failed), ("queue wait 1", #"{"state":"cancelled"}"#, .failed),
            ("queue wait 1", #"{"state":"leased"}"#, .tryLater), ("queue wait 1", #"{"state":"parked"}"#, .tryLater),
            ("txn wait 1", #"{"state":"committed","steps":1}"#, .done),
            ("txn wait 1", #"{"state":"rolled_back","steps":1}"#, .done),
            ("txn wait 1", #"{"state":"rolled_back","steps":1,"incomplete":true}"#, .failed),
            ("txn wait 1", #"{"state":"parked","steps":1}"#, .failed),
            ("txn wait 1", #"{"state":"active","steps":1}"#, .tryLater),
            ("txn wait 1", #"{"state":"rolling_back","steps":1,"incomplete":true}"#, .tryLater),
            ("txn wait 1 --until inactive", #"{"state":"rolling_back","steps":1}"#, .done),
            ("txn wait 1 --until inactive", #"{"state":"active","steps":1}"#, .tryLater),
            ("txn rollback 1", #"{"state":"rolling_back","steps":1}"#, .tryLater),
            ("txn rollback 1", #"{"state":"rolled_back","steps":1}"#, .done),
            ("txn rollback 1 --no-work", #"{"state":"rolling_back","steps":1}"#, .done),
            ("txn rollback 1 --wait 1s", #"{"state":"rolling_back","steps":1}"#, .tryLater),
            ("txn rollback 1 --wait 1s", #"{"state":"rolled_back","steps":1}"#, .done),
            ("txn rollback 1 --wait 1s", #"{"state":"parked","steps":1}"#, .failed),
            ("txn rollback 1 --to-step 0 --wait 1s", #"{"state":"active","steps":1}"#, .done),
            ("txn rollback 1 --to-step 0 --wait 1s", #"{"state":"active","steps":1,"incomplete":true}"#, .failed),
            ("queue lease q", #"{"operations":[]}"#, .tryLater),
        ] as [(String, String, mend.ExitStatus)])
    func waited(line: String, result: String, status: mend.ExitStatus) throws {
        let command = try #require(try Mend.parse(line.split(separator: " ").map(String.init)) as? any CallCommand)
        var concluded = mend.ExitStatus.done
        do {
            try command.conclude(try JSONDocument(parsing: result).root)
        } catch let status as mend.ExitStatus {
            concluded = status
        }
        #expect(concluded == status)
    }

    @Test("people get the message, and the hint below it")
    func people() {
        let report = FailureReport(Self.unreachable(ENOENT), asJSON: false)
        #expect(report.text == "mend: no daemon at /s\nhint: start it\n")
        #expect(report.status == .unreachable)
    }

    @Test("when to try again is the hint where there is no other")
    func retryAfter() {
        let error = ClientError.failed(FailedCall(CallError(.queueFull, "emails is full", retryAfterMs: 90_000)))
        #expect(FailureReport(error, asJSON: false).text == "mend: emails is full\nhint: try again in 1m 30s\n")
    }

    @Test("messages stay on their line")
    func oneLine() {
        let error = ClientError.failed(FailedCall(CallError(.conflict, "a\nb\u{1B}[2J", hint: "c\nd")))
        #expect(FailureReport(error, asJSON: false).text == "mend: a b\u{FFFD}[2J\nhint: c d\n")
    }

    @Test("programs get the daemon's own error")
    func programs() {
        let error = ClientError.failed(FailedCall(CallError(.notFound, "no \"op\"", field: "operation")))
        #expect(
            FailureReport(error, asJSON: true).text
                == #"{"code":-32001,"message":"no \"op\"","data":{"reason":"not_found","retryable":false,"field":"operation"}}"#
                + "\n")
    }

    @Test("programs get the same form where the daemon has said nothing")
    func programsWithoutDaemon() {
        #expect(
            FailureReport(Self.unreachable(ENOENT), asJSON: true).text
                == #"{"message":"no daemon at /s","data":{"reason":"unreachable","retryable":true,"hint":"start it"}}"#
                + "\n")
    }

    @Test("a lost connection is not called retryable: the call may have been done")
    func lost() {
        for error in [ClientError.connectionLost("x"), .timedOut] {
            #expect(FailureReport(error, asJSON: true).text.contains(#""retryable":false"#))
        }
    }
}
