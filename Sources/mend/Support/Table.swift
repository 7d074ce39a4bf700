/// Rows of text in aligned columns, two blanks between them.
package struct Table {
    package enum Alignment { case left, right }

    package enum Style {
        case plain, heading, good, warning, bad, faint

        /// The SGR parameters of ECMA-48 §8.3.117.
        var code: String? {
            switch self {
            case .plain: nil
            case .heading: "1"
            case .good: "32"
            case .warning: "33"
            case .bad: "31"
            case .faint: "2"
            }
        }
    }

    package struct Column {
        let title: String
        let alignment: Alignment

        package static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        package static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    package struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let style: Style

        /// Control characters are made visible: what others have reported must not steer the terminal.
        package init(_ text: String, _ style: Style = .plain) {
            self.text = text.singleLine
            self.style = style
        }

        package init(stringLiteral value: String) { self.init(value) }
        package init(_ number: some BinaryInteger, _ style: Style = .plain) { self.init(String(number), style) }
        /// Nothing is shown as `-`.
        package init(_ text: String?, _ style: Style = .plain) { self.init(text ?? "-", style) }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    package init(_ columns: Column...) {
        self.columns = columns
    }

    package mutating func add(_ cells: Cell...) {
        rows.append(cells)
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// Lines with their ends, none longer than `width`. The last column is cut where the line would be, and the others where
    /// they would leave less than a third of it. Titles that are all empty are left out.
    package func text(width: Int? = nil, hasColour: Bool = false, hasTitles: Bool = true) -> String {
        let titles = columns.map { Cell($0.title.uppercased(), .heading) }
        let isTitled = hasTitles && columns.contains { !$0.title.isEmpty }
        let lines = isTitled ? [titles] + rows : rows
        let widths = fitted(columns.indices.map { place in lines.map { $0[place].text.width }.max() ?? 0 }, into: width)
        var text = ""
        for line in lines {
            var used = 0
            for (place, cell) in line.enumerated() {
                let isLast = place == line.count - 1
                if place > 0 { used += 2 }
                let room = width.map { max(0, $0 - used) } ?? .max
                guard room > 0 else { break }
                if place > 0 { text += "  " }
                let cellWidth = min(widths[place], room)
                let shown = cell.text.cut(to: isLast ? room : cellWidth)
                let padding = String(repeating: " ", count: max(0, cellWidth - shown.width))
                let isRight = columns[place].alignment == .right
                if isRight { text += padding }
                text += Self.styled(shown, cell.style, hasColour)
                if !isRight, !isLast { text += padding }
                used += widths[place]
            }
            text += "\n"
        }
        return text
    }

    /// The widths of columns, of which the widest texts give way to the last one.
    private func fitted(_ widths: [Int], into width: Int?) -> [Int] {
        guard let width, let last = widths.last else { return widths }
        var widths = widths
        let most = width - min(last, width / 3)
        let texts = columns.indices.dropLast().filter { columns[$0].alignment == .left }
        while widths.dropLast().reduce(0, { $0 + $1 + 2 }) > most,
            let widest = texts.max(by: { widths[$0] < widths[$1] }), widths[widest] > Self.leastWidth
        {
            widths[widest] -= 1
        }
        return widths
    }

    private static let leastWidth = 8

    private static func styled(_ text: String, _ style: Style, _ hasColour: Bool) -> String {
        guard hasColour, let code = style.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

extension String {
    /// Without control characters: white space instead of line ends and tabs, U+FFFD instead of the others.
    var singleLine: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var line = UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": line.append(" ")
            case _ where Self.isControl(scalar): line.append("\u{FFFD}")
            default: line.append(scalar)
            }
        }
        return String(line)
    }

    /// C0, DEL, C1, and what turns the direction of writing.
    private static func isControl(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Characters. Terminals give some of them two cells; such lines are a little out of line.
    fileprivate var width: Int { count }

    fileprivate func cut(to room: Int) -> String {
        width <= room ? self : prefix(room - 1) + "…"
    }
}
