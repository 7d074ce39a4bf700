import MendWire

extension System {
    /// Why something is where it is, and what happens next.
    public struct Explain: Method {
        public static let name = "system.explain"
        public static let summary = "Says of one thing why it is where it is, and when what happens next."
        public static let role = Role.observer

        /// What is to be explained. Exactly one of these is needed.
        public var id: Subject?
        public var operation: Int64?
        public var queue: Name?
        public var breaker: Name?
        public var transaction: Int64?
        public var error: Int64?
        public var group: Int64?

        public init(_ id: Subject) { self.id = id }

        public struct Answer: Codable, Hashable, Sendable {
            public var id: Subject
            /// Where it is, in the word that its own methods have for it.
            public var state: String
            /// Sentences for people, what matters most first.
            public var why: [String]
            /// What happens by itself; absent where nothing does.
            public var next: Next?
            /// What would have to be done, where something would.
            public var hint: String?
            /// What to explain next.
            public var see: [Subject]

            public init(_ id: Subject, state: String, why: [String], next: Next?, hint: String?, see: [Subject]) {
                self.id = id
                self.state = state
                self.why = why
                self.next = next
                self.hint = hint
                self.see = see
            }
        }

        public struct Next: Codable, Hashable, Sendable {
            /// When, as far as that can be told.
            public var at: Int64?
            public var what: String

            public init(at: Int64? = nil, what: String) {
                self.at = at
                self.what = what
            }
        }
    }
}
