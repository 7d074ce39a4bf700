import MendProtocol

/// What an administrator can set of the engine. Durations are milliseconds.
package struct EngineSettings: Sendable {
    /// Live operations that a queue takes.
    package var queueMaxSize: Int64 = 1_000_000
    /// The account that reports the failures of units for the host; nothing where there is none.
    package var reporterUID: UInt32?
    /// How long a lease is taken for where the call does not say.
    package var leaseMs: Int64 = 60_000
    /// How long an ended operation or transaction stays readable.
    package var retentionMs: Int64 = 86_400_000
    /// How many ended operations stay readable, over all queues, and for how long dead letters do.
    package var endedMaxCount: Int64 = 1_000_000
    package var deadRetentionMs: Int64 = 90 * 86_400_000
    /// Dead letters of one queue: the oldest make room for new ones.
    package var deadMaxCount: Int64 = 100_000
    /// Leases that an operation may lose in a row before it is taken for poison.
    package var poisonLosses: Int64 = 3
    package var errorRetentionMs: Int64 = 30 * 86_400_000
    package var errorMaxCount: Int64 = 1_000_000
    /// Reports of one group, and of one user, that are stored in a minute; what is beyond is only counted.
    package var groupReportsPerMinute: Int64 = 100
    package var userReportsPerMinute: Int64 = 1_000
    /// How long reports stay counted by minutes, and by hours.
    package var statisticMinutesMs: Int64 = 48 * 3_600_000
    package var statisticHoursMs: Int64 = 90 * 86_400_000
    var statisticKeys = KeyBounds()
    /// How many kinds of reports are told apart by them.
    package var statisticMaxKeys: Int {
        get { statisticKeys.all.own }
        set { statisticKeys.all = (own: newValue, lumped: newValue + newValue / 10 + 1) }
    }
    /// From where on `error.analysis` takes something for unusual.
    package var analysis = AnalysisLimits()
    package var eventRetentionMs: Int64 = 90 * 86_400_000
    package var eventMaxCount: Int64 = 1_000_000
    package var transactionMaxCount: Int64 = 100_000
    package var idempotencyMaxCount: Int64 = 1_000_000
    /// A transaction's time where `begin` does not say.
    package var transactionTimeoutMs: Int64 = 3_600_000
    package var transactionMaxSteps: Int64 = 1000
    /// How long a rollback by a deadline waits for steps that were never confirmed where `begin` does not say.
    package var stepGraceMs: Int64 = 30_000
    package var queueMaxCount: Int = 10_000
    package var breakerMaxCount: Int = 10_000
    /// Breakers that one user was the first to use.
    package var breakerMaxPerUser: Int = 1_000
    /// Calls that wait for an operation at the same time.
    package var waitersMaxCount: Int = 10_000
    /// Bytes of one answer: lists and leases stop before they reach it.
    package var answerMaxBytes: Int = 1 << 20
    /// Takes secrets out of what is told, before it is stored.
    package var masker = Masker()
    /// Seals payloads, undos and results at rest; nothing where they are kept as they are.
    package var cipher: (any PayloadCipher)?
    /// In whose name the engine itself reports, such as the loss of a worker.
    package var daemon = Caller(uid: 0, pid: 0, role: .operator, command: "mendd")

    package init() {}

    var payloads: PayloadStore { PayloadStore(cipher: cipher) }

    /// A payload's size: what it comes back in must fit into one answer with everything beside it.
    var payloadMaxBytes: Int { answerMaxBytes / 4 * 3 }
    var resultMaxBytes: Int { answerMaxBytes / 8 }
    /// Where a lease or a list stops taking more.
    var pageMaxBytes: Int { answerMaxBytes / 8 * 7 }
}
