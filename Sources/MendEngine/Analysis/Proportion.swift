/// Some out of many.
struct Proportion: Hashable, Sendable {
    let count: Int64
    let total: Int64

    var share: Double { total == 0 ? 0 : Double(count) / Double(total) }

    /// What the true share is at least, as far as so few can tell: the lower end of Wilson's score interval
    /// ("Probable inference, the law of succession, and statistical inference", 1927) for 99 of 100 cases.
    var lowerBound: Double {
        guard total > 0 else { return 0 }
        let (n, p, z) = (Double(total), share, 2.326)
        let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, (p + z * z / (2 * n) - spread) / (1 + z * z / n))
    }
}
