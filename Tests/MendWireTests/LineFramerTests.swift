import MendWire
import Testing

extension LineFramer {
    fileprivate mutating func append(_ text: String) {
        Array(text.utf8).withUnsafeBytes { append($0) }
    }

    /// All frames that are there; a line that is too long is "!".
    fileprivate mutating func take() -> [String] {
        var frames: [String] = []
        while let frame = next({ frame in
            switch frame {
            case .line(let bytes): String(decoding: bytes, as: UTF8.self)
            case .tooLong: "!"
            }
        }) { frames.append(frame) }
        return frames
    }
}

@Suite("Line framing")
struct LineFramerTests {
    private let stream =
        "one\ntwo\r\n\n \t \r\n\r\nthree\r\r\nfour lines\nmuch too long a line\nfive\n0123456789\r\nsix"
    private let lines = ["one", "two", "three\r", "four lines", "!", "five", "0123456789"]

    @Test("lines are found however the reads are split")
    func everySplit() {
        let bytes = Array(stream.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var framer = LineFramer(maxLineBytes: 10)
                var frames: [String] = []
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    Array(part).withUnsafeBytes { framer.append($0) }
                    frames += framer.take()
                }
                #expect(frames == lines, "\(first) \(second)")
                #expect(framer.hasPartialLine)
                #expect(framer.bufferedBytes == 3)
            }
        }
    }

    @Test("lines are found when each byte comes alone")
    func byteByByte() {
        var framer = LineFramer(maxLineBytes: 10)
        var frames: [String] = []
        for byte in Array(stream.utf8) {
            withUnsafeBytes(of: byte) { framer.append($0) }
            frames += framer.take()
        }
        #expect(frames == lines)
    }

    @Test("lines that are not taken at once are kept, in order")
    func notDrained() {
        var framer = LineFramer(maxLineBytes: 10)
        var expected: [String] = []
        var frames: [String] = []
        for number in 0..<100 {
            framer.append("line \(number)\n")
            expected.append("line \(number)")
            if number % 3 == 0,
                let frame = framer.next({ frame in
                    if case .line(let bytes) = frame { String(decoding: bytes, as: UTF8.self) } else { "!" }
                })
            {
                frames.append(frame)
            }
        }
        frames += framer.take()
        #expect(frames == expected)
        #expect(framer.bufferedBytes == 0 && !framer.hasPartialLine)
    }

    @Test("the limit is the length without the end")
    func limit() {
        for end in ["\n", "\r\n"] {
            for length in 1...20 {
                var framer = LineFramer(maxLineBytes: 10)
                let line = String(repeating: "x", count: length)
                framer.append(line + end + "next\n")
                #expect(framer.take() == [length <= 10 ? line : "!", "next"])
            }
        }
    }

    @Test("a line that is too long is told once, as soon as it is known, and held nowhere")
    func tooLong() {
        var framer = LineFramer(maxLineBytes: 1000)
        let read = String(repeating: "x", count: 600)
        framer.append(read)
        #expect(framer.take() == [])
        framer.append(read)
        #expect(framer.take() == ["!"])
        #expect(framer.hasPartialLine)
        for _ in 0..<1000 {
            framer.append(read)
            #expect(framer.take() == [])
            #expect(framer.bufferedBytes == 0)
        }
        framer.append("\nshort\n")
        #expect(framer.take() == ["short"])
        #expect(!framer.hasPartialLine)
    }

    @Test("never more than the limit and one read is held")
    func bounded() {
        var framer = LineFramer(maxLineBytes: 1000)
        var generator = SeededGenerator(state: 3)
        for _ in 0..<5000 {
            let size = Int.random(in: 1...300, using: &generator)
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) < 1 ? 0x0A : 0x78 as UInt8 }
            bytes.withUnsafeBytes { framer.append($0) }
            #expect(framer.bufferedBytes <= 1001 + size)
            _ = framer.take()
            #expect(framer.bufferedBytes <= 1001)
        }
    }

    @Test("an error of the receiver comes through, and the line is spent")
    func errors() {
        var framer = LineFramer(maxLineBytes: 10)
        framer.append("a\nb\n")
        #expect(throws: InvalidValue.self) {
            try framer.next { (_) throws(InvalidValue) -> Void in throw InvalidValue("no") }
        }
        #expect(framer.take() == ["b"])
    }

    @Test("a copy of a framer goes its own way")
    func copies() {
        var one = LineFramer(maxLineBytes: 10)
        one.append("ab")
        var other = one
        one.append("c\n")
        other.append("d\n")
        #expect(one.take() == ["abc"])
        #expect(other.take() == ["abd"])
    }

    @Test("a line that was let go of is skipped to its end, and the next one is whole")
    func letGo() {
        var framer = LineFramer(maxLineBytes: 100)
        framer.skipPartialLine()
        framer.append("one\nhalf of ")
        #expect(framer.take() == ["one"])
        framer.skipPartialLine()
        #expect(framer.bufferedBytes == 0 && framer.hasPartialLine)
        framer.append("two")
        #expect(framer.take().isEmpty)
        framer.append(", its end\nthree\n")
        #expect(framer.take() == ["three"])
    }
}
