import ArgumentParser
import MendClient
import MendProtocol

extension QueueNoun {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Enqueues the operations of a file: lines of JSON, as queue export writes them.",
            discussion: """
                A line has the parameters of queue.enqueue, queue and payload at least, and where wanted correlation, \
                traceparent and idempotency_key. Each is checked before it is sent; at the first that is wrong the import \
                stops, and says which it is.

                It can be stopped and begun again: for a day the daemon knows lines by all that stands up to them in \
                the file, or by their idempotency_key, and does not enqueue them twice. So correct what is wrong in \
                the line that is named or below it, and import the file again; after more than a day go on with --from. \
                Another --import-id makes it another import of the same lines.

                Exit status: 0 all is in; 64 a line is wrong; 69 the daemon was lost; 75 a queue is full.
                """)

        @Argument(help: "The file; - is standard input.", completion: .file())
        var file = "-"
        @Option(
            help: "Where all go, whatever the lines say.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name?
        @Option(
            help: "Wait so long for room where a queue is full or the daemon is busy, and stop only then.",
            transform: Milliseconds.duration)
        var wait: Milliseconds?
        @Option(help: ArgumentHelp("Begin with this line.", valueName: "line"))
        var from = 1
        @Option(help: ArgumentHelp("Tells this import from others of the same lines.", valueName: "id"))
        var importID = ""
        @Option(
            help: ArgumentHelp("Refuse a line that is longer; 64M is the default.", valueName: "size"),
            transform: Int64.size)
        var maxLine: Int64 = 64 << 20
        @Flag(help: "Only check the lines, all of them, and send nothing.")
        var check = false
        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard from >= 1 else { throw ValidationError("--from takes the number of a line, from 1 on") }
            guard maxLine >= 1 else { throw ValidationError("--max-line takes at least a byte") }
        }

        func run() throws {
            let reader = try LineReader(file, maxLineBytes: Int(clamping: maxLine))
            guard !check else { return try checkAll(reader) }
            var run = QueueImport(
                client: try globals.connect(), waitMs: wait?.value, bar: ProgressBar("imported", globals))
            defer { run.bar.end() }
            var keys = LineKeys(seed: "\(importID)\n\(queue?.text ?? "")\n")
            while let bytes = try next(reader, &run) {
                let key = keys.next(bytes)
                guard reader.number >= from, !Self.isBlank(bytes) else { continue }
                var line: OperationLine
                do throws(OperationLine.Fault) {
                    line = try OperationLine.read(bytes, queue: queue)
                } catch {
                    throw run.stop(at: reader.number, because: error.message)
                }
                line.idempotencyKey = line.idempotencyKey ?? IdempotencyKey("import:\(reader.number):\(key)")
                try run.add(line, number: reader.number, bytes: bytes.count, share: reader.share)
            }
            try run.settle()
            run.bar.end()
            try tell(run)
        }

        private func next(_ reader: LineReader, _ run: inout QueueImport) throws -> ArraySlice<UInt8>? {
            do {
                return try reader.next()
            } catch is LineReader.TooLong {
                throw run.stop(at: reader.number, because: tooLong)
            }
        }

        private var tooLong: String { "it is longer than \(SizeText.text(maxLine)), the limit of --max-line" }

        private static func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        }

        private func tell(_ run: QueueImport) throws {
            guard !globals.quiet else { return }
            if globals.json {
                var screen = Screen.standard()
                screen.line("{\"imported\":\(run.count),\"deduplicated\":\(run.deduplicated)}")
                return try screen.flush()
            }
            let known = run.deduplicated == 0 ? "" : ", \(run.deduplicated) of them by a key that was live already"
            Notice.tell("\(Self.lines(run.count)) in\(known)")
        }

        static func lines(_ count: Int) -> String { count == 1 ? "1 line is" : "\(count) lines are" }

        /// What is wrong anywhere, as far as it is worth telling.
        private func checkAll(_ reader: LineReader) throws {
            var good = 0
            var faults: [String] = []
            do {
                while faults.count < 20, let bytes = try reader.next() {
                    guard reader.number >= from, !Self.isBlank(bytes) else { continue }
                    do throws(OperationLine.Fault) {
                        _ = try OperationLine.read(bytes, queue: queue)
                        good += 1
                    } catch {
                        faults.append("line \(reader.number): \(error.message)")
                    }
                }
            } catch is LineReader.TooLong {
                faults.append("line \(reader.number): \(tooLong)")
            }
            for fault in faults.dropLast() { Notice.tell(fault) }
            if let last = faults.last { throw UsageError(last, hint: "\(Self.lines(good)) good; nothing was sent") }
            if !globals.quiet { Notice.tell("\(Self.lines(good)) good; nothing was sent") }
        }
    }
}

/// What makes lines known again: each has a key made from all that stands up to it, so that a line that is put in or
/// corrected changes the keys from there on, and not those before.
struct LineKeys {
    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): it tells a user's own files apart, and protects against nobody.
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(seed: String) { add(seed.utf8) }

    mutating func next(_ line: ArraySlice<UInt8>) -> String {
        add(line)
        add(CollectionOfOne(0x0A))
        return String(hash, radix: 16)
    }

    private mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
}
