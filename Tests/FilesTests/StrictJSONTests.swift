import Files
import Testing

@Suite("Strict JSON")
struct StrictJSONTests {
  @Test(
    "every kind of value is read as it is written",
    arguments: [
      ("null", StrictJSON.null), (" true\n", .boolean(true)), ("false", .boolean(false)),
      ("0", .number(0, text: "0")), ("-0.5e+2", .number(-50, text: "-0.5e+2")),
      ("1E-3", .number(0.001, text: "1E-3")), ("1e999", .number(.infinity, text: "1e999")),
      ("[]", .array([])), ("{ }", .object([])),
      ("[1,[2]]", .array([.number(1, text: "1"), .array([.number(2, text: "2")])])),
      (
        "{\"b\":null,\"a\":\"x\"}",
        .object([.init(key: "b", value: .null), .init(key: "a", value: .string("x"))])
      ),
      (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42é🙂""#, .string("\"\\/\u{8}\u{c}\n\r\té🙂é🙂")),
    ])
  func values(text: String, expected: StrictJSON) throws {
    #expect(try StrictJSON(parsing: Array(text.utf8)) == expected)
  }

  struct Malformed: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    let found: String
    let expected: String
    var testDescription: String { text }
  }

  @Test(
    "what is not JSON is refused at the byte where it stops being so",
    arguments: [
      Malformed(text: "", line: 1, column: 1, found: "the end of the text", expected: "a value"),
      Malformed(
        text: "{\n  \"a\" 1}", line: 2, column: 7, found: "\"1\"", expected: "\":\" after a key"),
      Malformed(
        text: "{\"a\": 1,}", line: 1, column: 9, found: "\"}\"", expected: "a key in quotes"),
      Malformed(
        text: "{\"a\": 1 \"b\"", line: 1, column: 9, found: "\"\"\"", expected: "\",\" or \"}\""),
      Malformed(
        text: "[1,\n2", line: 2, column: 2, found: "the end of the text", expected: "\",\" or \"]\""
      ),
      Malformed(text: "[1,]", line: 1, column: 4, found: "\"]\"", expected: "a value"),
      Malformed(text: "01", line: 1, column: 2, found: "\"1\"", expected: "the end of the text"),
      Malformed(text: "1.", line: 1, column: 3, found: "the end of the text", expected: "a digit"),
      Malformed(text: "-x", line: 1, column: 2, found: "\"x\"", expected: "a digit"),
      Malformed(text: "+1", line: 1, column: 1, found: "\"+\"", expected: "a value"),
      Malformed(text: "NaN", line: 1, column: 1, found: "\"N\"", expected: "a value"),
      Malformed(text: "nul", line: 1, column: 1, found: "\"n\"", expected: "a value"),
      Malformed(text: "// note\n1", line: 1, column: 1, found: "\"/\"", expected: "a value"),
      Malformed(text: "\u{FEFF}1", line: 1, column: 1, found: "byte 239", expected: "a value"),
      Malformed(
        text: "\"a\nb\"", line: 1, column: 3, found: "byte 10",
        expected: "no control character in a string"),
      Malformed(
        text: "\"abc", line: 1, column: 5, found: "the end of the text",
        expected: "the string's closing quote"),
      Malformed(text: #""\x""#, line: 1, column: 3, found: "\"x\"", expected: "an escape of JSON"),
      Malformed(
        text: #""\u12g4""#, line: 1, column: 6, found: "\"g\"", expected: "four hexadecimal digits"),
      Malformed(
        text: #""\ud83d""#, line: 1, column: 2, found: "half a surrogate pair",
        expected: "a whole one"),
      Malformed(
        text: "{\"a\": 1,\n\"a\": 2}", line: 2, column: 1, found: "a second \"a\"",
        expected: "every key once"),
    ])
  func malformed(_ row: Malformed) {
    #expect(
      throws: StrictJSON.SyntaxError(
        line: row.line, column: row.column, found: row.found, expected: row.expected)
    ) {
      try StrictJSON(parsing: Array(row.text.utf8))
    }
  }

  @Test("bytes that are not UTF-8 are refused")
  func encoding() {
    #expect(
      throws: StrictJSON.SyntaxError(
        line: 1, column: 1, found: "a string that is not UTF-8", expected: "UTF-8 text")
    ) {
      try StrictJSON(parsing: [0x22, 0xC3, 0x28, 0x22])
    }
  }

  @Test("nesting is read to 32 levels and refused beyond, however deep the text goes")
  func depth() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: levels)
        + Array(repeating: UInt8(ascii: "]"), count: levels)
    }
    _ = try StrictJSON(parsing: nested(32))
    for levels in [33, 1_000_000] {
      #expect(
        throws: StrictJSON.SyntaxError(
          line: 1, column: 33, found: "\"[\"",
          expected: "at most 32 levels of nesting")
      ) {
        try StrictJSON(parsing: nested(levels))
      }
    }
  }

  @Test(
    "a text of very many values is refused before they fill the memory",
    arguments: ["[],", "0,", "{},", "\"\",", "[0],", "{\"a\":0},"])
  func memory(element: String) {
    let count = 6_000_000 / element.utf8.count
    let text = "[" + String(repeating: element, count: count) + "0]"
    let error = #expect(throws: StrictJSON.SyntaxError.self) {
      try StrictJSON(parsing: Array(text.utf8))
    }
    #expect(error?.expected == "fewer: they do not fit into memory")
  }

  /// Marks that Unicode orders: whoever compares them with others sorts them first.
  private static func marks(_ count: Int) -> String {
    String(repeating: "\u{301}\u{316}", count: count / 2)
  }

  @Test("30 combining characters in a row are read, and more are refused in any text")
  func combiningCharacters() throws {
    _ = try StrictJSON(parsing: Array("{\"a\(Self.marks(30))\":\"a\(Self.marks(30))\"}".utf8))
    for text in [
      "{\"a\(Self.marks(32))\":0}", "[\"a\(Self.marks(200_000))\"]",
      "\"" + String(repeating: "\u{F73}", count: 31) + "\"",
    ] {
      let error = #expect(throws: StrictJSON.SyntaxError.self) {
        try StrictJSON(parsing: Array(text.utf8))
      }
      #expect(error?.found == "more than 30 combining characters in a row")
    }
  }

  @Test("texts have their limits: 1 KiB for a key and a number, 1 MiB for a string")
  func textLimits() throws {
    func text(_ count: Int) -> String { String(repeating: "1", count: count) }
    func object(_ keyLength: Int) -> [UInt8] { Array("{\"\(text(keyLength))\":0}".utf8) }
    _ = try StrictJSON(parsing: object(1024))
    _ = try StrictJSON(parsing: Array(text(1024).utf8))
    _ = try StrictJSON(parsing: Array("\"\(text(1 << 20))\"".utf8))
    for (bytes, found) in [
      (object(1025), "a key of more than 1024 bytes"),
      (Array(text(1025).utf8), "a number of 1025 bytes"),
      (Array("\"\(text(1 << 20 + 1))\"".utf8), "a string of more than 1048576 bytes"),
    ] {
      let error = #expect(throws: StrictJSON.SyntaxError.self) { try StrictJSON(parsing: bytes) }
      #expect(error?.found == found)
    }
  }

  @Test("keys are told apart by their bytes, even where Unicode holds them to be one text")
  func equivalentKeys() throws {
    let json = try StrictJSON(parsing: Array("{\"caf\u{E9}\":1,\"cafe\u{301}\":2}".utf8))
    guard case .object(let members) = json else {
      Issue.record("found \(json), expected an object")
      return
    }
    #expect(members.count == 2)
  }

  @Test("a number is kept as written up to 15 characters, so that it takes no memory of its own")
  func longNumbers() throws {
    #expect(try StrictJSON(parsing: Array("0.1234567890123".utf8)).summary == "0.1234567890123")
    #expect(try StrictJSON(parsing: Array("0.12345678901234".utf8)).summary == "0.1234567890…")
  }

  @Test("a quoted text is cut by scalars, so that no character is too long for a line")
  func clipping() {
    #expect("abc".clipped(to: 3) == "abc")
    #expect("abcd".clipped(to: 3) == "abc…")
    #expect("a\n".clipped(to: 3) == "a\\u{a}")
    let endless = "a" + String(repeating: "\u{301}", count: 10_000)
    #expect(endless.clipped(to: 40).unicodeScalars.count == 41)
  }

  @Test("a text that begins with a mark of its encoding is refused")
  func byteOrderMarks() {
    for bytes: [UInt8] in [[0xEF, 0xBB, 0xBF, 0x30], [0xFE, 0xFF, 0, 0x30], [0x30, 0]] {
      #expect(throws: StrictJSON.SyntaxError.self) { try StrictJSON(parsing: bytes) }
    }
  }
}
