/// Sizes as people write and read them.
package enum SizeText {
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The power of 1024 that a letter means; `KB` has that of 1000, as SI has it.
    private static let letters: [Character] = ["K", "M", "G", "T"]

    /// `64K`, `10M`, `1GiB`, `1.5G`, `10MB`, `512B`, in bytes; a number alone means bytes. `K`, `KiB`: 1024; `KB`: 1000.
    package static func bytes(_ text: String) throws(Invalid) -> Int64 {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = unit(text.dropFirst(number.count)), let bytes = DurationText.scaled(number, unit) else {
            throw Invalid(description: "a size is written like 512, 64K, 10M, 1.5G or 1GiB, in whole bytes")
        }
        return bytes
    }

    private static func unit(_ name: Substring) -> Int64? {
        let name = name.uppercased()
        guard let letter = name.first, letter != "B" else { return name.isEmpty || name == "B" ? 1 : nil }
        guard let power = letters.firstIndex(of: letter) else { return nil }
        let base: Int64
        switch name.dropFirst() {
        case "", "IB": base = 1024
        case "B": base = 1000
        default: return nil
        }
        return (0...power).reduce(1) { product, _ in product * base }
    }

    /// With one decimal where that is not a lie: `512 B`, `64 KiB`, `1.5 GiB`.
    package static func text(_ bytes: Int64) -> String {
        var unit: Int64 = 1
        var name = "B"
        for letter in letters where bytes / 1024 >= unit {
            unit *= 1024
            name = "\(letter)iB"
        }
        let tenths = unit == 1 ? 0 : bytes % unit * 10 / unit
        return tenths == 0 ? "\(bytes / unit) \(name)" : "\(bytes / unit).\(tenths) \(name)"
    }
}
