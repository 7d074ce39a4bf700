extension Errors {
    /// Reports as lines of a file, the oldest first, for other programs.
    public struct Export: Method, ErrorPaging {
        public static let name = "error.export"
        public static let summary = "Answers reports as lines of JSON or CSV, the oldest first, page by page."
        public static let role = Role.observer

        public enum Format: String, WireEnum {
            /// A report a line, as error.get answers it.
            case json
            /// As RFC 4180 has it, with a line of titles; a line here may hold line ends, in quotation marks. What a spreadsheet
            /// would take for a formula has an apostrophe before it.
            case csv
        }

        public var filter: ErrorFilter
        /// `json` where it is left out.
        public var format: Format?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(filter: ErrorFilter = ErrorFilter()) { self.filter = filter }

        enum CodingKeys: String, CodingKey {
            case format
        }

        public init(from decoder: any Decoder) throws {
            try self.init(pageFrom: decoder)
            format = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Format.self, forKey: .format)
        }

        public func encode(to encoder: any Encoder) throws {
            try encodePage(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(format, forKey: .format)
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// Without their ends.
            public var lines: [String]
            /// Where the next page begins; absent at the end. A page may have few lines, or none, and yet a next one.
            public var next: Int64?

            public init(lines: [String], next: Int64?) {
                self.lines = lines
                self.next = next
            }
        }
    }
}
