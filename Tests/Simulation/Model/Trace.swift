/// The last things that happened, for people who look into a failure.
package struct Trace {
    let isOn: Bool
    private var lines: [String] = []
    private static let length = 400

    init(isOn: Bool) { self.isOn = isOn }

    mutating func note(_ line: @autoclosure () -> String) {
        guard isOn else { return }
        lines.append(line())
        if lines.count > 2 * Self.length { lines.removeFirst(Self.length) }
    }

    package var last: ArraySlice<String> { lines.suffix(Self.length) }
}
