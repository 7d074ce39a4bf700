/// Finds, among the messages of one service, the words that vary, and so which messages are of one template.
///
/// Two messages of one shape (`MessageShape`) are of one template. Where templates differ in one word alone, and there
/// are enough of them, that word varies: they are merged into one, whose group is the oldest of theirs. Merging does not
/// depend on the order of the messages, but for a few at the thresholds. What was merged is never split again.
///
/// Its state can be made again from its templates, so nothing else is kept on disk.
struct TemplateMiner {
    /// Templates that became one: their groups do, too.
    struct Merge: Equatable {
        /// The oldest group.
        let into: Int64
        /// The others, in their order.
        let groups: [Int64]
        let template: [TemplateWord]
    }

    struct Template {
        /// What else must be the same: code, type, frames.
        let space: UInt64
        let words: [TemplateWord]
        let group: Int64
        /// Whether it is never merged, for a person has decided over it.
        var isPinned = false

        /// The hash of its row.
        func hash() -> UInt64 {
            words.enumerated().reduce(TemplateMiner.key(0, in: space)) {
                $0 &+ ShapeHash.of($1.element.hash, at: $1.offset)
            }
        }

        /// Its rows with a hole, where a word is left out.
        var holes: [Hole] {
            let whole = hash()
            func hole(_ kind: Hole.Kind, _ places: [Int]) -> Hole {
                let filler = ~UInt64(kind.rawValue)
                return Hole(
                    kind: kind, places: places,
                    hash: places.reduce(whole) {
                        $0 &- ShapeHash.of(words[$1].hash, at: $1) &+ ShapeHash.of(filler, at: $1)
                    })
            }
            var holes = words.indices.filter { words[$0].kind != .mark }.map { hole(.word, [$0]) }
            let constants = words.indices.filter { words[$0].kind == .word }
            let isShort = (4...Self.maxPaired).contains(constants.count)
            for (number, place) in constants.enumerated() {
                let later = constants[(number + 1)...]
                let same = later.filter { words[$0] == words[place] }
                if !same.isEmpty { holes.append(hole(.repeatedWord, [place] + same)) }
                if isShort { holes += later.map { hole(.twoWords, [place, $0]) } }
            }
            return holes
        }

        /// Words of a template of which each two are looked at together.
        private static let maxPaired = 12
    }

    struct Hole {
        enum Kind: UInt8 {
            case word
            /// The same word at several places.
            case repeatedWord
            /// Two words: where both vary, there may be no two templates that differ in one alone.
            case twoWords
        }

        let kind: Kind
        let places: [Int]
        let hash: UInt64
    }

    /// How many templates must differ in a word before it varies.
    private enum Threshold {
        static let word = 5
        /// The first word most often says what the message is about.
        static let firstWord = 12
        /// Constants in capitals, such as the names of states.
        static let capitals = 8
        /// Words such as `refused`, `missing`, `unreachable` say what happened.
        static let happenings = 16
        /// One other word is little to tell that two messages are alike.
        static let loneWord = 48
        /// Templates that differ in two words, and how many there must be of each word.
        static let twoWords = 16
        static let eachOfTwo = 12
        /// A number where others have a word counts as so many words more: something is named there.
        static let variable = 3
    }

    /// Templates that are looked at; beyond it the oldest without a varying word are known by their fingerprint alone.
    static let maxTemplates = 2048
    /// Shapes whose group is known without a search.
    private static let maxKnown = 8192
    /// Templates that differ in a word, of which so many are noted.
    private static let maxAlike = 64

    private(set) var templates: [Int: Template] = [:]
    /// Whether groups of version 1 are asked after, before a merged template takes what is theirs.
    var asksVersion1 = false
    private var nextTemplate = 0
    /// Templates by their row.
    private var exact: [UInt64: Int] = [:]
    /// Groups of shapes that a merged template, or one that was forgotten, has.
    private var known: [UInt64: Int64] = [:]
    /// Templates by their row with a hole.
    private var alike: [UInt64: [Int]] = [:]
    /// Templates that were merged, by the number of their tokens.
    private var merged: [Int: [Int]] = [:]

    static func key(_ shape: UInt64, in space: UInt64) -> UInt64 { shape &+ ShapeHash.of(space, at: -1) }

    /// The group of a message whose shape is known.
    func group(of shape: MessageShape, in space: UInt64) -> Int64? {
        let key = Self.key(shape.hash, in: space)
        return exact[key].flatMap { templates[$0]?.group } ?? known[key]
    }

    /// The group of a message that a merged template fits.
    mutating func search(_ words: [TemplateWord], in space: UInt64) -> Int64? {
        guard let group = fitting(words, in: space) else { return nil }
        note(Template(space: space, words: words, group: group).hash(), group)
        return group
    }

    /// Notes that a shape belongs to a group, without a template for it.
    mutating func note(_ key: UInt64, _ group: Int64) {
        if known.count >= Self.maxKnown { known.removeAll(keepingCapacity: true) }
        known[key] = group
    }

    /// The one with the fewest varying words that fits.
    private func fitting(_ words: [TemplateWord], in space: UInt64) -> Int64? {
        var best: (varying: Int, group: Int64)?
        for number in merged[words.count] ?? [] {
            guard let template = templates[number], template.space == space else { continue }
            var varying = 0
            let fits = words.indices.allSatisfy { place in
                if template.words[place] == words[place] { return true }
                varying += 1
                return template.takes(words[place], at: place)
            }
            if fits, varying < best?.varying ?? .max { best = (varying, template.group) }
        }
        return best?.group
    }

    /// Takes a template that is not known yet, and answers what is merged because of it, in this order.
    mutating func add(_ words: [TemplateWord], in space: UInt64, group: Int64) -> [Merge] {
        if templates.count >= Self.maxTemplates { forgetOldest() }
        var merges: [Merge] = []
        var next: Template? = Template(space: space, words: words, group: group)
        while let template = next {
            insert(template)
            next = merge(at: template).map { merge in
                merges.append(merge)
                return Template(space: space, words: merge.template, group: merge.into)
            }
        }
        return merges
    }

    /// Takes templates as they were stored.
    mutating func load(_ words: [TemplateWord], in space: UInt64, group: Int64, isPinned: Bool = false) {
        insert(Template(space: space, words: words, group: group, isPinned: isPinned))
    }
}

// MARK: - Merging

extension TemplateMiner {
    private mutating func insert(_ template: Template, isJoined: Bool = false) {
        let number = nextTemplate
        nextTemplate += 1
        templates[number] = template
        exact[template.hash()] = number
        if template.words.contains(.variable) { merged[template.words.count, default: []].append(number) }
        guard !isJoined, !template.isPinned else { return }
        for hole in template.holes where alike[hole.hash, default: []].count < Self.maxAlike {
            alike[hole.hash, default: []].append(number)
        }
        // A message that has numbers at both places has one varying part there.
        let joined = template.words.joiningVariables
        guard joined != template.words else { return }
        insert(Template(space: template.space, words: joined, group: template.group), isJoined: true)
    }

    private mutating func remove(_ number: Int) {
        guard let template = templates.removeValue(forKey: number) else { return }
        if exact[template.hash()] == number { exact[template.hash()] = nil }
        for hole in template.holes {
            alike[hole.hash]?.removeAll { $0 == number }
            if alike[hole.hash]?.isEmpty == true { alike[hole.hash] = nil }
        }
        merged[template.words.count]?.removeAll { $0 == number }
    }

    /// Merges the templates that differ from this one in a hole, where there are enough of them.
    private mutating func merge(at template: Template) -> Merge? {
        let constants = template.words.count { $0.kind == .word }
        let first = template.words.firstIndex { $0.kind != .mark }
        for hole in template.holes {
            guard let numbers = alike[hole.hash], numbers.count > 1 else { continue }
            let left = constants - hole.places.count { template.words[$0].kind == .word }
            let others = numbers.compactMap { templates[$0] }.filter { $0.differs(from: template, onlyAt: hole.places) }
            if left > 0, Self.varies(hole, in: others, isFirst: hole.places[0] == first, left: left) {
                return merge(template, at: hole.places)
            }
        }
        return nil
    }

    private static func varies(_ hole: Hole, in templates: [Template], isFirst: Bool, left: Int) -> Bool {
        switch hole.kind {
        case .word, .repeatedWord:
            return varies(Set(templates.map { $0.words[hole.places[0]] }), isFirst: isFirst, left: left)
        case .twoWords:
            guard templates.count >= Threshold.twoWords, left > 1 else { return false }
            return hole.places.allSatisfy { place in
                let words = Set(templates.map { $0.words[place] })
                let most = threshold(of: words, isFirst: isFirst, left: left) ?? .max
                return words.count >= max(most, Threshold.eachOfTwo)
            }
        }
    }

    /// Whether these are values of one varying word.
    private static func varies(_ words: Set<TemplateWord>, isFirst: Bool, left: Int) -> Bool {
        guard words.count > 1, let most = threshold(of: words, isFirst: isFirst, left: left) else { return false }
        return words.count + (words.contains(.variable) ? Threshold.variable : 0) >= most
    }

    /// Whether a word is neither the name of an exception nor says what happened.
    fileprivate static func mayVary(_ word: TemplateWord) -> Bool {
        (threshold(of: [word], isFirst: false, left: 2) ?? .max) < Threshold.happenings
    }

    private static func threshold(of words: Set<TemplateWord>, isFirst: Bool, left: Int) -> Int? {
        let texts = words.compactMap { $0.kind == .variable ? nil : $0.text }
        func share(_ isSuch: (String) -> Bool) -> Int { texts.count(where: isSuch) }
        // The name of an exception says what the problem is.
        if texts.contains(where: { $0.hasSuffix("Exception") || $0.hasSuffix("Error") }) { return nil }
        var most = isFirst ? Threshold.firstWord : Threshold.word
        if left == 1 { most = max(most, Threshold.loneWord) }
        // Names such as Fred are shorter.
        let endings = ["ed", "ing", "able", "ible"]
        if 3 * share({ text in text.utf8.count > 4 && endings.contains(where: text.hasSuffix) }) >= texts.count {
            most = max(most, Threshold.happenings)
        } else if 2 * share({ $0.utf8.count > 1 && !$0.utf8.contains { $0.isLower } }) >= texts.count {
            most = max(most, Threshold.capitals)
        }
        return most
    }

    private mutating func merge(_ template: Template, at places: [Int]) -> Merge {
        var words = template.words
        for place in places { words[place] = .varyingWord }
        let joined = words.joiningVariables
        let fitting = templates.filter {
            $0.value.fits(words, in: template.space) || $0.value.fits(joined, in: template.space)
        }
        let groups = Set(fitting.map(\.value.group)).sorted()
        for number in fitting.keys { remove(number) }
        // What was known of them is searched for again.
        known.removeAll(keepingCapacity: true)
        return Merge(into: groups[0], groups: Array(groups.dropFirst()), template: words)
    }

    private mutating func forgetOldest() {
        let plain = templates.filter { !$0.value.words.contains(.variable) }.map(\.key).sorted()
        let oldest = plain.isEmpty ? templates.keys.sorted() : plain
        for number in oldest.prefix(oldest.count / 4 + 1) { remove(number) }
    }
}

extension TemplateMiner.Template {
    /// Whether a word may stand where this one varies. Where only what varies by its look was seen, the word must be such as
    /// varies too, and others must stay: `job 17` and `job refused` are two problems.
    fileprivate func takes(_ word: TemplateWord, at place: Int) -> Bool {
        guard words[place].kind == .variable, word.kind == .word else { return false }
        if words[place].wasWord { return true }
        return words.count { $0.kind == .word } > 1 && TemplateMiner.mayVary(word)
    }

    fileprivate func differs(from other: Self, onlyAt places: [Int]) -> Bool {
        space == other.space && words.count == other.words.count
            && words.indices.allSatisfy { places.contains($0) || words[$0].hash == other.words[$0].hash }
    }

    /// Whether each of its words is the pattern's, or varies there.
    fileprivate func fits(_ pattern: [TemplateWord], in space: UInt64) -> Bool {
        !isPinned && space == self.space && words.count == pattern.count
            && zip(words, pattern).allSatisfy { $0 == $1 || $1.kind == .variable && $0.kind == .word }
    }
}

extension UInt8 {
    fileprivate var isLower: Bool { self &- 97 < 26 }
}
