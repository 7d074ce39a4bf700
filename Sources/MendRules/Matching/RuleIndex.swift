import MendProtocol

/// Rules in their order, and where a fact of a report is first looked for.
///
/// Each rule is entered once, under its most telling condition: an exact one, else a literal of a text. What is left of its
/// conditions is looked at where that one holds. Rules without such a condition are few, and are tried one by one.
///
/// A class: a copy would count a reference for each of its tables at every look.
final class RuleIndex: Sendable {
    let rules: [Rule]
    /// How many of them are an operator's: the first ones.
    private let own: Int
    private let words: FieldTable<[String: [Int]]>
    private let numbers: FieldTable<[Int32: [Int]]>
    private let exits: [String: [Int32: [Int]]]
    private let outOfMemory: [Int]
    private let others: [Int]
    private let isDecidedByIndex: [Bool]
    /// For each literal of the scanner.
    private let texts: [[TextEntry]]
    private let scanner: LiteralScanner
    /// Before these rules, texts decide nothing: neither by themselves nor by the facts that they tell.
    private let firstOfTexts: Int
    private let firstOfTextFacts: Int

    init(_ rules: [Rule], own: Int = 0) {
        self.rules = rules
        self.own = own
        var entries = RuleEntries()
        for (place, rule) in rules.enumerated() { entries.enter(rule, place) }
        words = entries.words
        numbers = entries.numbers
        exits = entries.exits
        outOfMemory = entries.outOfMemory
        others = entries.others
        texts = entries.texts + Array(repeating: [], count: entries.literals.count - entries.texts.count)
        scanner = LiteralScanner(entries.literals)
        firstOfTexts = entries.firstOfTexts
        firstOfTextFacts = entries.firstOfTextFacts
        // The one condition of most rules is what they are found by.
        isDecidedByIndex = rules.map { $0.conditions.count == 1 && $0.conditions[0].isDecidedByIndex }
    }

    // MARK: Looking up

    /// The place of the first rule that holds. Facts that only the texts tell are filled in where they can matter.
    func firstRule(for facts: inout Facts) -> Int? {
        var best = Int.max
        lookUp(facts, &best)
        let needsTexts = firstOfTexts < best || (!facts.isSpecific && firstOfTextFacts < best)
        if needsTexts { readTexts(&facts, &best) }
        return best == .max ? nil : best
    }

    /// Every rule that holds, in their order: slower, for explanations.
    func allRules(for facts: inout Facts) -> [Int] {
        var best = Int.max
        readTexts(&facts, &best)
        return rules.indices.filter { place in rules[place].conditions.allSatisfy { $0.holds(for: facts) } }
    }

    private func consider(_ places: [Int]?, _ facts: Facts, _ best: inout Int) {
        guard let places else { return }
        for place in places {
            guard place < best else { return }
            if holds(place, facts) { best = place }
        }
    }

    private func holds(_ place: Int, _ facts: Facts) -> Bool {
        isDecidedByIndex[place] || rules[place].conditions.allSatisfy { $0.holds(for: facts) }
    }

    private func lookUp(_ facts: Facts, _ best: inout Int) {
        if let code = facts.code { consider(words[.code][code], facts, &best) }
        if let sqlstate = facts.sqlstate {
            consider(words[.sqlstate][sqlstate], facts, &best)
            consider(words[.sqlstate][String(sqlstate.prefix(2)) + "*"], facts, &best)
        }
        if let errno = facts.errno { consider(numbers[.errno][errno], facts, &best) }
        if let status = facts.httpStatus { consider(numbers[.httpStatus][status], facts, &best) }
        if let status = facts.grpcStatus { consider(numbers[.grpcStatus][status], facts, &best) }
        if let signal = facts.signal { consider(numbers[.signal][signal], facts, &best) }
        if let status = facts.exitStatus { consider(numbers[.exitStatus][status], facts, &best) }
        if let type = facts.type {
            let (whole, last) = Facts.types(type)
            consider(words[.type][whole], facts, &best)
            if let last { consider(words[.type][last], facts, &best) }
        }
        lookUpPrograms(facts, &best)
        if let service = facts.service, !words[.service].isEmpty {
            consider(words[.service][service], facts, &best)
        }
        if !outOfMemory.isEmpty, facts.isOutOfMemory { consider(outOfMemory, facts, &best) }
        consider(others, facts, &best)
    }

    private func lookUpPrograms(_ facts: Facts, _ best: inout Int) {
        if let status = facts.curlStatus {
            consider(exits["curl"]?[status], facts, &best)
            consider(words[.command]["curl"], facts, &best)
        }
        guard facts.exitStatus != nil || !words[.command].isEmpty else { return }
        for program in facts.programs {
            if let status = facts.exitStatus { consider(exits[program]?[status], facts, &best) }
            consider(words[.command][program], facts, &best)
        }
    }

    private func readTexts(_ facts: inout Facts, _ best: inout Int) {
        var hits = TextHits(count: scanner.count)
        TextHits.withText(facts.message, .message) { scanner.scan($0) { hits.note($0, .message) } }
        guard let stderr = facts.stderr, !stderr.isEmpty else { return decide(&facts, hits, &best) }
        TextHits.withText(stderr, .stderr) { readFromEnd($0, stderr, &facts, &hits, &best) }
        facts.stderr = stderr
    }

    /// What a program wrote last tells best why it ended: what stands before may be a warning, or a try that another one
    /// followed. So standard error is read from its end, until a shipped rule holds; an operator's rules see all of it.
    ///
    /// - Parameters:
    ///   - bytes: the part of `stderr` that is looked at.
    private func readFromEnd(
        _ bytes: UnsafeBufferPointer<UInt8>, _ stderr: String, _ facts: inout Facts, _ hits: inout TextHits,
        _ best: inout Int
    ) {
        let known = best
        var decided = 0
        var end = bytes.count
        func read(from start: Int) {
            scanner.scan(UnsafeBufferPointer(rebasing: bytes[start..<end])) { hits.note($0, .stderr) }
            end = start
        }
        var paragraphs = Paragraphs(bytes)
        while let start = paragraphs.nextStart() {
            read(from: start)
            guard hits.changes > decided || start == 0 else { continue }
            decided = hits.changes
            facts.stderr = start == 0 ? stderr : String(decoding: bytes[start...], as: UTF8.self)
            decide(&facts, hits, &best)
            // A rule that does not know, or not quite, is no reason to stop.
            if best < known, !rules[best].meaning.isVague, rules[best].meaning.category != .unknown { break }
        }
        guard end > 0, min(firstOfTexts, firstOfTextFacts) < min(own, best) else { return }
        let told = facts
        read(from: 0)
        facts.stderr = stderr
        var first = min(own, best)
        decide(&facts, hits, &first)
        if first < own { best = min(best, first) } else { facts = told }
    }

    private func decide(_ facts: inout Facts, _ hits: TextHits, _ best: inout Int) {
        if TextHint.fill(&facts, from: hits, isKnownType: { words[.type][$0] != nil }) { lookUp(facts, &best) }
        for literal in hits.literals {
            for entry in texts[Int(literal)] where entry.rule < best && hits.has(literal, entry.field) {
                if entry.isEnough || holds(entry.rule, facts) { best = entry.rule }
            }
        }
    }
}

/// A rule that a literal leads to.
private struct TextEntry: Hashable, Sendable {
    let rule: Int
    /// The field where the literal must stand: `message`, `stderr`, or `text` for either.
    let field: Field
    /// Whether the literal is all that the rule asks for.
    let isEnough: Bool
}

/// Where rules are entered.
private struct RuleEntries {
    var words = FieldTable<[String: [Int]]>(repeating: [:])
    var numbers = FieldTable<[Int32: [Int]]>(repeating: [:])
    var exits: [String: [Int32: [Int]]] = [:]
    var outOfMemory: [Int] = []
    var others: [Int] = []
    var texts: [[TextEntry]] = []
    var literals = TextHint.literals
    var firstOfTexts = Int.max
    var firstOfTextFacts = Int.max
    private var numberOfLiteral: [[UInt8]: Int] = [:]

    mutating func enter(_ rule: Rule, _ place: Int) {
        guard let anchor = rule.conditions.max(by: { $0.tellingness < $1.tellingness }), anchor.tellingness > 0 else {
            others.append(place)
            // What it asks for may be a class with a `*`, which a text can tell.
            firstOfTextFacts = min(firstOfTextFacts, place)
            return
        }
        if case .text = anchor {
            firstOfTexts = min(firstOfTexts, place)
        } else if anchor.canComeFromTexts {
            firstOfTextFacts = min(firstOfTextFacts, place)
        }
        switch anchor {
        case .words(let field, let patterns):
            for pattern in patterns { words[field][pattern.text, default: []].append(place) }
        case .numbers(let field, let ranges):
            for number in ranges.joined() { numbers[field][number, default: []].append(place) }
        case .exitOf(let programs, let ranges):
            for program in programs {
                for status in ranges.joined() { exits[program, default: [:]][status, default: []].append(place) }
            }
        case .outOfMemory: outOfMemory.append(place)
        case .text(let field, let patterns):
            let isAlone = rule.conditions.count == 1
            for pattern in patterns {
                let isEnough = isAlone && pattern.isDecidedByLongest
                enter(pattern.longest, TextEntry(rule: place, field: field, isEnough: isEnough))
            }
        }
    }

    private mutating func enter(_ literal: [UInt8], _ entry: TextEntry) {
        if numberOfLiteral.isEmpty {
            numberOfLiteral = Dictionary(literals.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
        }
        let number = numberOfLiteral[literal] ?? literals.count
        if number == literals.count {
            literals.append(literal)
            numberOfLiteral[literal] = number
        }
        texts += Array(repeating: [], count: max(0, number + 1 - texts.count))
        if !texts[number].contains(entry) { texts[number].append(entry) }
    }
}

/// Which literals stand in which text.
struct TextHits {
    /// How much of a text is looked at: of a message the beginning, of standard error the end.
    static let messageBytes = 8 << 10
    static let stderrBytes = 16 << 10

    private let count: Int
    private var bits: [UInt8] = []
    /// Each once.
    private(set) var literals: [Int32] = []
    /// Grows with each literal that is new in a text.
    private(set) var changes = 0

    init(count: Int) { self.count = count }

    mutating func note(_ literal: Int32, _ field: Field) {
        if bits.isEmpty { bits = Array(repeating: 0, count: count) }
        if bits[Int(literal)] == 0 { literals.append(literal) }
        let mask: UInt8 = field == .message ? 1 : 2
        if bits[Int(literal)] & mask == 0 { changes += 1 }
        bits[Int(literal)] |= mask
    }

    func has(_ literal: Int32, _ field: Field) -> Bool {
        guard !bits.isEmpty else { return false }
        let mask: UInt8 = field == .message ? 1 : field == .stderr ? 2 : 3
        return bits[Int(literal)] & mask != 0
    }

    /// The part of a text that is looked at.
    static func withText<R>(_ text: String, _ field: Field, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        var text = text
        return text.withUTF8 { whole in
            let part = field == .message ? whole.prefix(messageBytes) : whole.suffix(stderrBytes)
            return body(UnsafeBufferPointer(rebasing: part))
        }
    }
}

extension Condition {
    /// How few reports it is likely to hold for; 0 where the index cannot find it.
    fileprivate var tellingness: Int {
        switch self {
        case .outOfMemory: 9
        case .words(let field, let patterns):
            if !patterns.allSatisfy(\.isExact), field != .sqlstate {
                0
            } else {
                switch field {
                case .code: 8
                case .sqlstate: 7
                case .type: 5
                default: 2
                }
            }
        case .exitOf: 7
        case .numbers(let field, _): field == .exitStatus || field == .signal ? 4 : 6
        case .text: 3
        }
    }

    /// Whether a hit in the index is all that there is to ask.
    fileprivate var isDecidedByIndex: Bool {
        switch self {
        case .numbers, .exitOf, .outOfMemory: true
        case .words(let field, let patterns): field == .sqlstate || patterns.allSatisfy(\.isExact)
        case .text(_, let patterns): patterns.allSatisfy(\.isDecidedByLongest)
        }
    }

    /// Whether a text alone may tell the fact that it asks for.
    fileprivate var canComeFromTexts: Bool {
        switch self {
        case .words(let field, _): field == .type || field == .sqlstate || field == .command
        case .numbers, .exitOf, .outOfMemory: true
        case .text: false
        }
    }

    func holds(for facts: Facts) -> Bool {
        switch self {
        case .outOfMemory: return facts.isOutOfMemory
        case .numbers(let field, let ranges):
            guard let number = facts.number(field) else { return false }
            return ranges.contains { $0.contains(number) }
        case .exitOf(let programs, let ranges):
            if let status = facts.curlStatus, programs.contains("curl"), ranges.contains(where: { $0.contains(status) })
            {
                return true
            }
            guard let status = facts.exitStatus, ranges.contains(where: { $0.contains(status) }) else { return false }
            return facts.programs.contains(where: programs.contains)
        case .words(let field, let patterns):
            return facts.words(field).contains { word in patterns.contains { $0.matches(word) } }
        case .text(let field, let patterns):
            return facts.texts(field).contains { text, part in
                TextHits.withText(text, part) { bytes in patterns.contains { $0.matches(bytes) } }
            }
        }
    }
}

extension Facts {
    fileprivate func words(_ field: Field) -> [String] {
        switch field {
        case .code: return [code].compactMap(\.self)
        case .service: return [service].compactMap(\.self)
        case .sqlstate: return [sqlstate].compactMap(\.self)
        case .command: return curlStatus == nil ? programs : programs + ["curl"]
        case .type:
            guard let type else { return [] }
            let (whole, last) = Self.types(type)
            return last.map { [whole, $0] } ?? [whole]
        case .errno, .signal, .exitStatus, .httpStatus, .grpcStatus, .message, .stderr, .text, .outOfMemory: return []
        }
    }

    fileprivate func texts(_ field: Field) -> [(text: String, part: Field)] {
        let message = field == .stderr ? nil : (text: message, part: Field.message)
        let stderr = field == .message ? nil : stderr.map { (text: $0, part: Field.stderr) }
        return [message, stderr].compactMap(\.self)
    }
}
