/// Durations as people write and read them.
package enum DurationText {
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
    ]

    /// `500ms`, `20s`, `10m`, `2h`, `1d`, `1w`, `1.5s`, `1h30m`, in milliseconds. A number alone is refused, since some
    /// would mean seconds by it and others milliseconds; only 0 needs no unit.
    package static func milliseconds(_ text: String) throws(Invalid) -> Int64 {
        if text == "0" { return 0 }
        var rest = text[...]
        var total: Int64 = 0
        repeat {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard !number.isEmpty else { throw notUnderstood(text) }
            if name.isEmpty, rest.isEmpty {
                throw Invalid(description: "a unit is missing: \(number)s, \(number)ms, \(number)m")
            }
            guard let unit = units.first(where: { $0.name == name }),
                let part = scaled(number, unit.milliseconds)
            else { throw notUnderstood(text) }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { throw Invalid(description: "it is too long") }
            total = sum
        } while !rest.isEmpty
        return total
    }

    private static func notUnderstood(_ text: String) -> Invalid {
        Invalid(description: "a duration is written like 500ms, 20s, 10m, 2h, 1d or 1h30m")
    }

    /// A decimal number of units in what these count; nil if it is none or no whole number of them.
    static func scaled(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]) else { return nil }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return scaled }
        guard (1...6).contains(parts[1].count), let fraction = Int64(parts[1]) else { return nil }
        let denominator = parts[1].reduce(Int64(1)) { product, _ in product * 10 }
        guard (fraction * unit).isMultiple(of: denominator) else { return nil }
        let sum = scaled.addingReportingOverflow(fraction * unit / denominator)
        return sum.overflow ? nil : sum.partialValue
    }

    /// To the millisecond, as ``milliseconds(_:)`` reads it: `90s`, `1500ms`.
    package static func exact(_ milliseconds: Int64) -> String {
        let unit = units.last { milliseconds != 0 && milliseconds.isMultiple(of: $0.milliseconds) } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    /// The two largest units: `850ms`, `4.2s`, `45s`, `3h 12m`, `2d`.
    package static func text(_ milliseconds: Int64) -> String {
        if milliseconds < 0 { return "-" + text(milliseconds == .min ? .max : -milliseconds) }
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        if milliseconds < 10_000, milliseconds % 1000 >= 100 {
            return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s"
        }
        let shown = units[1...4]
        var place = shown.endIndex - 1
        while shown[place].milliseconds > milliseconds { place -= 1 }
        let large = "\(milliseconds / shown[place].milliseconds)\(shown[place].name)"
        guard place > shown.startIndex else { return large }
        let small = milliseconds % shown[place].milliseconds / shown[place - 1].milliseconds
        return small == 0 ? large : "\(large) \(small)\(shown[place - 1].name)"
    }
}
