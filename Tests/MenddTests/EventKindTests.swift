import Foundation
import Logging
import MendProtocol
import Testing

@testable import mendd

@Suite("What the log says of events")
struct EventKindTests {
    @Test("no two kinds have one message id, and each is 32 hexadecimal digits")
    func messageIDs() {
        let ids = EventKind.allCases.map(\.messageID)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{32}/) != nil })
        // What administrators have written into their own filters must go on to match.
        #expect(EventKind.operationDead.messageID == "4cc34b917555511e59459014a1b299da")
    }

    @Test("the shipped catalogue is the one that the table gives")
    func shippedCatalogue() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../systemd/mend.catalog")
        if ProcessInfo.processInfo.environment["UPDATE_GENERATED"] != nil {
            try Data(EventKind.journalCatalogue.utf8).write(to: file)
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8) == EventKind.journalCatalogue,
            "stale: run UPDATE_GENERATED=1 swift test --filter EventKindTests")
    }

    @Test("what it explains names the very thing by a field of the entry, and stands for none itself")
    func explanations() {
        let fields: Set = ["MEND_OPERATION", "MEND_QUEUE", "MEND_BREAKER", "MEND_TRANSACTION", "MEND_GROUP"]
        for kind in EventKind.allCases {
            let named = kind.explanation.matches(of: /@([A-Z_]+)@/).map { String($0.1) }
            #expect(fields.isSuperset(of: named), "\(kind)")
            #expect(!kind.explanation.contains("NUMBER") && !kind.explanation.contains("NAME"), "\(kind)")
        }
        #expect(EventKind.groupNew.explanation.contains("mend explain group:@MEND_GROUP@"))
    }

    @Test("an entry has its message, its priority, what it is about, and the id of its kind")
    func fields() {
        var handler = JournalLogHandler()
        handler.metadata = ["operation": "1"]
        let event = LogEvent(
            level: .error, message: "it is dead", metadata: ["operation": "7", "kind": "operation.dead"],
            source: "mendd", file: #fileID, function: #function, line: #line)
        let fields = handler.fields(event)
        #expect(
            fields.map { "\($0.name)=\($0.text)" } == [
                "MESSAGE=it is dead", "PRIORITY=3", "SYSLOG_IDENTIFIER=mendd", "MEND_KIND=operation.dead",
                "MESSAGE_ID=\(EventKind.operationDead.messageID)", "MEND_OPERATION=7",
            ])
    }
}
