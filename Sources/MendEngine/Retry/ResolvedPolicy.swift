import MendProtocol

/// A retry policy with nothing left open: when to try again, and how often. A pure value.
package struct ResolvedPolicy: Codable, Hashable, Sendable {
    package var strategy: RetryPolicy.Shape
    package var baseMs: Int64
    /// Used by `exponential` alone.
    package var multiplier: Double
    package var maxDelayMs: Int64
    package var jitter: RetryPolicy.Jitter
    /// Attempts, the first one included.
    package var maxAttempts: Int64
    /// How long after its first failure a thing may still be tried again; no end where nothing is said.
    package var maxElapsedMs: Int64?

    package init(
        strategy: RetryPolicy.Shape, baseMs: Int64, multiplier: Double, maxDelayMs: Int64, jitter: RetryPolicy.Jitter,
        maxAttempts: Int64, maxElapsedMs: Int64? = nil
    ) {
        self.strategy = strategy
        self.baseMs = baseMs
        self.multiplier = multiplier
        self.maxDelayMs = maxDelayMs
        self.jitter = jitter
        self.maxAttempts = maxAttempts
        self.maxElapsedMs = maxElapsedMs
    }

    enum CodingKeys: String, CodingKey {
        case strategy, multiplier, jitter
        case baseMs = "base_ms"
        case maxDelayMs = "max_delay_ms"
        case maxAttempts = "max_attempts"
        case maxElapsedMs = "max_elapsed_ms"
    }
}
