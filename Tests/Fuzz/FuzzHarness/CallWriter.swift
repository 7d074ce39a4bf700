import MendEngine
import MendProtocol

/// Writes calls that a method could take, out of its schema: a new method is fuzzed as soon as it is in the list.
struct CallWriter {
    var random: RandomSource

    private static let names = ["a", "a", "a", "b", "b", "undo.1000", "undo.me", "billing-1", "*", "quick"]
    private static let texts = [
        #""""#, #""x""#, #""connect: Connection refused (10.0.0.7:5432)""#, #""Traceback: user 4711 not found""#,
        #""password=hunter2 token: abc""#, #""\u0000\ud83d\ude00ä""#, #""ECONNREFUSED""#, #""1/0""#,
        #""00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01""#, #""{\"a\":[1,2]}""#,
        #""Authorization: Bearer abcdefgh12345678ijkl""#, #""mysql -p'hunter2' --password \"hun\\\"ter\" x""#,
        #""postgres://ada:secret@db:5432/x?token=1&b=2""#, #""api_key=null secret: 'a\\'b' Basic dXNlcjpwYXNz""#,
        #""k""#,
    ]
    private static let numbers = [
        "0", "1", "2", "3", "7", "50", "1000", "60000", "-1", "-0", "1.0", "0.5", "1e3", "9007199254740991",
        "9007199254740993", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e999",
        "315360000000", "253402300799999",
    ]
    private static let others = ["null", "true", "false", "{}", "[]", "[[]]", #"{"a":1}"#, #"{"a":{"password":"x"}}"#]
    /// By method, what its parameters are like.
    private static let calls: [(name: String, schema: Schema)] = Methods.all.map { ($0.name, schema(of: $0)) }
    private static let meta = Schema.of(Meta.self)

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    private static func schema<M: Method>(of type: M.Type) -> Schema { Schema.of(type) }

    mutating func chance(_ one: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &random) < one }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }

    /// Any value, mostly one that is special somewhere.
    mutating func anyValue() -> String {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: pick(Self.numbers)
        case 1: pick(Self.texts)
        case 2: "\"\(pick(Self.names))\""
        default: pick(Self.others)
        }
    }

    mutating func call() -> String {
        let (name, schema) = pick(Self.calls)
        var params = value(schema)
        if chance(1, in: 8), params.hasSuffix("}") {
            params.removeLast()
            params += (params.count > 1 ? "," : "") + "\"\(Meta.member)\":\(value(Self.meta))}"
        }
        let id = chance(9, in: 10) ? "\"id\":\(Int.random(in: 1...99, using: &random))," : ""
        return #"{"jsonrpc":"2.0",\#(id)"method":"\#(name)","params":\#(params)}"#
    }

    mutating func value(_ schema: Schema) -> String {
        switch schema {
        case .any: return anyValue()
        case .null: return "null"
        case .boolean: return chance(1, in: 2) ? "true" : "false"
        case .integer(let minimum, let maximum, _): return integer(minimum ?? 0, maximum ?? .max)
        case .number: return pick(["0.5", "1", "0.1", "2.5", "1.0"])
        case .string(let pattern, _, _): return pattern == nil ? pick(Self.texts) : "\"\(pick(Self.names))\""
        case .enumeration(let words): return "\"\(pick(words))\""
        case .array(let items):
            let count = pick([0, 1, 1, 1, 2, 3])
            return "[" + (0..<count).map { _ in value(items) }.joined(separator: ",") + "]"
        case .map(let values): return "{\"\(pick(Self.names))\":\(value(values))}"
        case .object(let members, _):
            let sent = members.filter { $0.isRequired || chance(1, in: 4) }
            return "{" + sent.map { "\"\($0.name)\":\(value($0.schema))" }.joined(separator: ",") + "}"
        case .oneOf(let choices): return value(pick(choices))
        }
    }

    /// Mostly small: ids are counted from one, so small ones are those that exist.
    private mutating func integer(_ minimum: Int64, _ maximum: Int64) -> String {
        let (least, most) = (min(max(minimum, 1), maximum), max(minimum, min(maximum, 9)))
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return String(minimum)
        case 1: return String(max(minimum, min(maximum, 60_000)))
        case 2: return String(maximum)
        default: return String(Int64.random(in: min(least, most)...most, using: &random))
        }
    }
}
