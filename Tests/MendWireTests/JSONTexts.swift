import MendWire
import Testing

/// Texts that RFC 8259 allows, and that the parser must therefore take.
let validTexts: [String] = [
    // Numbers
    "0", "-0", "1", "-1", "9", "10", "123456789", "-123456789", "1.10", "0.0", "-0.0", "0.1", "0.000000000000000001",
    "1e0", "1E0", "1e+0", "1e-0", "1e01", "1e999", "-1e-999", "1.5e3", "1.5E+3", "1.5e-3", "0e0", "0E+1",
    "9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
    "123456789012345678901234567890123456789012345678901234567890", "0.1234567890123456789012345678901234567890",
    // Literals
    "null", "true", "false", " null ", "\ttrue\t", "\nfalse\r\n",
    // Strings
    #""""#, #""a""#, #""abcdefg""#, #""abcdefgh""#, #""abcdefghi""#, #""abcdefghijklmnopqrstuvwxyz""#, #"" ""#,
    #""\"""#, #""\\""#, #""\/""#, #""/""#, #""\b\f\n\r\t""#, #""\u0000""#, #""\u0041""#, #""\u00e9""#, #""\u00E9""#,
    #""\u2028\u2029""#, #""\ud83d\ude00""#, #""\uD83D\uDE00""#, #""\uffff""#, #""\udbff\udfff""#, #""\ud800\udc00""#,
    #""1234567\n""#, #""12345678\n""#, #""123456\n8\n""#, "\"\u{7F}\"", "\"é\"", "\"€\"", "\"😀\"", "\"\u{2028}\"",
    "\"\u{FEFF}\"", "\"Привет, мир\"", "\"日本語のテキスト\"", "\"1234567é\"", "\"123456€8\"", "\"12345😀\"",
    "\"e\u{301}\"", #""'""#, #""{}[]:,""#, #""\u005cu0041""#, #""\\u0041""#, #""\\\"""#,
    // Arrays
    "[]", "[ ]", "[\t\n\r ]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]", "[[[[[[]]]]]]", "[{}]",
    "[null,true,false]",
    #"["",""]"#, "[1,[2,[3,[4]]]]", "[0,-0,0.0]", "[\n1\n,\n2\n]",
    // Objects
    "{}", "{ }", #"{"a":1}"#, #"{ "a" : 1 }"#, #"{"a":1,"b":2}"#, #"{"":0}"#, #"{"a":{}}"#, #"{"a":[]}"#,
    #"{"a":{"b":{"c":{}}}}"#, #"{"a":[{"b":[{}]}]}"#, #"{"\u0061":1}"#, #"{"é":1}"#, #"{"a":null,"b":true}"#,
    // Names may repeat in a text; who decodes it as an object decides.
    #"{"a":1,"a":1}"#, #"{"a b":"c d"}"#, "{\r\n\t\"a\"\r\n\t:\r\n\t1\r\n\t}", #"{"a":1,"b":[1,2,{"c":"d"}],"e":"f"}"#,
]

/// A text that is refused, the place of the first byte that is wrong, and what is wrong with it.
struct InvalidText: CustomTestStringConvertible {
    let text: String
    let offset: Int
    let problem: JSONSyntaxError.Problem

    init(_ text: String, _ offset: Int, _ problem: JSONSyntaxError.Problem) {
        self.text = text
        self.offset = offset
        self.problem = problem
    }

    var testDescription: String { text }
}

let invalidTexts = nothing + badNumbers + badLiterals + badStrings + badArrays + badObjects

private let nothing: [InvalidText] = [
    InvalidText("", 0, .unexpectedEnd),
    InvalidText(" ", 1, .unexpectedEnd),
    InvalidText("\n", 1, .unexpectedEnd),
    InvalidText("\u{FEFF}1", 0, .valueExpected),
    InvalidText("\u{A0}1", 0, .valueExpected),
    InvalidText("\u{0B}1", 0, .valueExpected),
    InvalidText("\u{0C}1", 0, .valueExpected),
    InvalidText("\0", 0, .valueExpected),
    InvalidText("1\0", 1, .trailingBytes),
    InvalidText("#", 0, .valueExpected),
    InvalidText("// a\n1", 0, .valueExpected),
    InvalidText("/* a */1", 0, .valueExpected),
    InvalidText("'a'", 0, .valueExpected),
    InvalidText("a", 0, .valueExpected),
    InvalidText("undefined", 0, .valueExpected),
]

private let badNumbers: [InvalidText] = [
    InvalidText("-", 1, .unexpectedEnd),
    InvalidText("+1", 0, .valueExpected),
    InvalidText("01", 0, .leadingZero),
    InvalidText("-01", 1, .leadingZero),
    InvalidText("00", 0, .leadingZero),
    InvalidText("1.", 2, .unexpectedEnd),
    InvalidText("1.e1", 2, .badNumber),
    InvalidText(".5", 0, .valueExpected),
    InvalidText("-.5", 1, .badNumber),
    InvalidText("1e", 2, .unexpectedEnd),
    InvalidText("1e+", 3, .unexpectedEnd),
    InvalidText("1ee1", 2, .badNumber),
    InvalidText("1e1.5", 3, .trailingBytes),
    InvalidText("1e+-1", 3, .badNumber),
    InvalidText("0x10", 1, .trailingBytes),
    InvalidText("1_000", 1, .trailingBytes),
    InvalidText("1,000", 1, .trailingBytes),
    InvalidText("Infinity", 0, .valueExpected),
    InvalidText("-Infinity", 1, .badNumber),
    InvalidText("NaN", 0, .valueExpected),
    InvalidText("--1", 1, .badNumber),
    InvalidText("1-", 1, .trailingBytes),
    InvalidText("1 2", 2, .trailingBytes),
    InvalidText("１", 0, .valueExpected),
    InvalidText("[1.]", 3, .badNumber),
    InvalidText("[-]", 2, .badNumber),
    InvalidText("[01]", 1, .leadingZero),
]

private let badLiterals: [InvalidText] = [
    InvalidText("nul", 3, .unexpectedEnd),
    InvalidText("nulL", 3, .valueExpected),
    InvalidText("NULL", 0, .valueExpected),
    InvalidText("True", 0, .valueExpected),
    InvalidText("tru", 3, .unexpectedEnd),
    InvalidText("truE", 3, .valueExpected),
    InvalidText("fals", 4, .unexpectedEnd),
    InvalidText("nullx", 4, .trailingBytes),
    InvalidText("truefalse", 4, .trailingBytes),
    InvalidText("[nul]", 4, .valueExpected),
    InvalidText("t", 1, .unexpectedEnd),
]

private let badStrings: [InvalidText] = [
    InvalidText("\"", 1, .unexpectedEnd),
    InvalidText("\"abc", 4, .unexpectedEnd),
    InvalidText("\"abcdefghijkl", 13, .unexpectedEnd),
    InvalidText(#""\""#, 3, .unexpectedEnd),
    InvalidText(#""\"#, 2, .unexpectedEnd),
    InvalidText(#""\a""#, 2, .badEscape),
    InvalidText(#""\x41""#, 2, .badEscape),
    InvalidText(#""\'""#, 2, .badEscape),
    InvalidText(#""\U0041""#, 2, .badEscape),
    InvalidText(#""\u""#, 3, .badEscape),
    InvalidText(#""\u004""#, 6, .badEscape),
    InvalidText(#""\u00g0""#, 5, .badEscape),
    InvalidText(#""\u 041""#, 3, .badEscape),
    InvalidText(#""\u{41}""#, 3, .badEscape),
    InvalidText(#""\u00"#, 5, .unexpectedEnd),
    InvalidText(#""\ud800""#, 1, .loneSurrogate),
    InvalidText(#""\udc00""#, 1, .loneSurrogate),
    InvalidText(#""\udfff\ud800""#, 1, .loneSurrogate),
    InvalidText(#""\udc00\udc00""#, 1, .loneSurrogate),
    InvalidText(#""\ud800\ud800""#, 1, .loneSurrogate),
    InvalidText(#""\ud800\n""#, 1, .loneSurrogate),
    InvalidText(#""\ud800abcdef""#, 1, .loneSurrogate),
    InvalidText(#""\ud800\u0041""#, 1, .loneSurrogate),
    InvalidText(#""\ud800\udc0""#, 12, .badEscape),
    InvalidText(#""a\udead""#, 2, .loneSurrogate),
    InvalidText("\"\n\"", 1, .controlCharacter),
    InvalidText("\"\t\"", 1, .controlCharacter),
    InvalidText("\"\0\"", 1, .controlCharacter),
    InvalidText("\"\u{1F}\"", 1, .controlCharacter),
    InvalidText("\"abcdefg\u{1}\"", 8, .controlCharacter),
    InvalidText("\"abcdefghijk\u{1}\"", 12, .controlCharacter),
    InvalidText("\"é\n\"", 3, .controlCharacter),
    InvalidText("\"a\"b", 3, .trailingBytes),
]

private let badArrays: [InvalidText] = [
    InvalidText("[", 1, .unexpectedEnd),
    InvalidText("]", 0, .valueExpected),
    InvalidText("[1", 2, .unexpectedEnd),
    InvalidText("[1,", 3, .unexpectedEnd),
    InvalidText("[1,]", 3, .valueExpected),
    InvalidText("[,1]", 1, .valueExpected),
    InvalidText("[,]", 1, .valueExpected),
    InvalidText("[1 2]", 3, .commaOrBracketExpected),
    InvalidText("[1,,2]", 3, .valueExpected),
    InvalidText("[1}", 2, .commaOrBracketExpected),
    InvalidText("[1:2]", 2, .commaOrBracketExpected),
    InvalidText("[]]", 2, .trailingBytes),
    InvalidText("[[]", 3, .unexpectedEnd),
    InvalidText("[1;2]", 2, .commaOrBracketExpected),
    InvalidText("[1]1", 3, .trailingBytes),
    InvalidText("[\"a\"\"b\"]", 4, .commaOrBracketExpected),
    InvalidText("[{]", 2, .nameExpected),
    InvalidText("(1)", 0, .valueExpected),
]

private let badObjects: [InvalidText] = [
    InvalidText("{", 1, .unexpectedEnd),
    InvalidText("}", 0, .valueExpected),
    InvalidText("{]", 1, .nameExpected),
    InvalidText("{a:1}", 1, .nameExpected),
    InvalidText("{1:1}", 1, .nameExpected),
    InvalidText("{'a':1}", 1, .nameExpected),
    InvalidText("{null:1}", 1, .nameExpected),
    InvalidText(#"{"a"}"#, 4, .colonExpected),
    InvalidText(#"{"a""#, 4, .unexpectedEnd),
    InvalidText(#"{"a":"#, 5, .unexpectedEnd),
    InvalidText(#"{"a":}"#, 5, .valueExpected),
    InvalidText(#"{"a":1"#, 6, .unexpectedEnd),
    InvalidText(#"{"a":1,"#, 7, .unexpectedEnd),
    InvalidText(#"{"a":1,}"#, 7, .nameExpected),
    InvalidText(#"{,}"#, 1, .nameExpected),
    InvalidText(#"{"a" 1}"#, 5, .colonExpected),
    InvalidText(#"{"a"::1}"#, 5, .valueExpected),
    InvalidText(#"{"a":1 "b":2}"#, 7, .commaOrBraceExpected),
    InvalidText(#"{"a":1]"#, 6, .commaOrBraceExpected),
    InvalidText(#"{"a":1,,"b":2}"#, 7, .nameExpected),
    InvalidText(#"{"a":1}}"#, 7, .trailingBytes),
    InvalidText(#"{"a":1}{"b":2}"#, 7, .trailingBytes),
    InvalidText(#"{"a","b"}"#, 4, .colonExpected),
    InvalidText(#"{"a"=1}"#, 4, .colonExpected),
    InvalidText(#"{{}:1}"#, 1, .nameExpected),
    InvalidText(#"{"a":1;}"#, 6, .commaOrBraceExpected),
]
