import Testing

@testable import mend

@Suite("Tables of the shell")
struct TableTests {
    private var table: Table {
        var table = Table(.right("id"), .left("state"), .left("message"))
        table.add(Table.Cell(7), Table.Cell("dead", .bad), "out of disk")
        table.add(Table.Cell(1207), Table.Cell("ready"), Table.Cell(nil))
        return table
    }

    @Test("columns are aligned, and nothing trails")
    func aligned() {
        #expect(
            table.text() == """
                  ID  STATE  MESSAGE
                   7  dead   out of disk
                1207  ready  -

                """)
    }

    @Test("the last column is cut to the terminal")
    func cut() {
        #expect(
            table.text(width: 20) == """
                  ID  STATE  MESSAGE
                   7  dead   out of…
                1207  ready  -

                """)
    }

    @Test("long texts give way to the last column, which has the message")
    func fitted() {
        var table = Table(.right("id"), .left("service"), .left("message"))
        table.add(Table.Cell(1), "warehouse-reconciliation-nightly", "the disk is full")
        #expect(
            table.text(width: 40) == """
                ID  SERVICE                MESSAGE
                 1  warehouse-reconcilia…  the disk is …

                """)
    }

    @Test("colour is put around the text only")
    func colour() {
        var table = Table(.left("state"), .left("x"))
        table.add(Table.Cell("dead", .bad), "y")
        #expect(
            table.text(hasColour: true) == "\u{1B}[1mSTATE\u{1B}[0m  \u{1B}[1mX\u{1B}[0m\n\u{1B}[31mdead\u{1B}[0m   y\n"
        )
        #expect(!table.text().contains("\u{1B}"))
    }

    @Test("titles can be left out, and are where they are empty")
    func untitled() {
        #expect(table.text(hasTitles: false).hasPrefix("   7  dead   out"))
        var details = Table(.left(""), .left(""))
        details.add("state", "ready")
        #expect(details.text() == "state  ready\n")
    }

    @Test("what others have written cannot steer the terminal or break the line")
    func controlCharacters() {
        var table = Table(.left(""), .left(""))
        table.add("a\u{1B}[31m", "b\nc\td\u{9B}e\u{202E}f\u{7F}")
        #expect(table.text() == "a\u{FFFD}[31m  b c d\u{FFFD}e\u{FFFD}f\u{FFFD}\n")
    }

    @Test("letters with accents count as one")
    func characters() {
        var table = Table(.left("n"), .left("x"))
        table.add("e\u{301}e\u{301}", "1")
        table.add("ab", "2")
        #expect(table.text(hasTitles: false) == "e\u{301}e\u{301}  1\nab  2\n")
    }
}
