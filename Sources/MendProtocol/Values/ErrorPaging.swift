/// A method about the reports that a filter names, page by page. On the wire the filter's members stand beside its own.
public protocol ErrorPaging: Method {
    var filter: ErrorFilter { get set }
    var limit: PageSize? { get set }
    /// The last answer's `next`.
    var after: Int64? { get set }

    init(filter: ErrorFilter)
}

private enum PageKeys: String, CodingKey {
    case limit, after
}

extension ErrorPaging {
    public init(from decoder: any Decoder) throws { try self.init(pageFrom: decoder) }

    public func encode(to encoder: any Encoder) throws { try encodePage(to: encoder) }

    /// All but members that the method has beside those of a page.
    init(pageFrom decoder: any Decoder) throws {
        self.init(filter: try ErrorFilter(from: decoder))
        let container = try decoder.container(keyedBy: PageKeys.self)
        limit = try container.decodeIfPresent(PageSize.self, forKey: .limit)
        after = try container.decodeIfPresent(Int64.self, forKey: .after)
    }

    func encodePage(to encoder: any Encoder) throws {
        try filter.encode(to: encoder)
        var container = encoder.container(keyedBy: PageKeys.self)
        try container.encodeIfPresent(limit, forKey: .limit)
        try container.encodeIfPresent(after, forKey: .after)
    }
}
