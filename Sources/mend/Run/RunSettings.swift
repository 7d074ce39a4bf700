import ArgumentParser
import MendProtocol

/// How a command is run.
struct RunSettings {
    enum OnFailure: String, ExpressibleByArgument, CaseIterable { case report, ignore }
    enum IfUnavailable: String, ExpressibleByArgument, CaseIterable { case proceed, fail }

    let words: [String]
    let globals: GlobalOptions
    var breaker: Name?
    var retry: PolicyChoice?
    var timeoutMs: Int64?
    var killAfterMs: Int64 = 10_000
    var service: String?
    var task: String?
    /// A script for the shell.
    var fallback: String?
    /// How old what it printed before may be to stand for it.
    var fallbackLastMs: Int64?
    var onFailure = OnFailure.report
    var holdOutput = false
    var ifUnavailable = IfUnavailable.proceed
}
