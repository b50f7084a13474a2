import Checkpoints
import Testing

/// The header's grammar, one mistake at a time.
///
/// Offsets are those of the file: the header begins at 8.
@Suite("Safetensors: header")
struct SafetensorsHeaderTests {
  private static let path = SafetensorsBytes.path

  /// A tensor's entry that fits eight bytes of data.
  private static let entry = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

  private static func syntax(
    _ offset: Int, _ found: Character?, _ expected: SafetensorsSyntax
  ) -> SafetensorsError {
    .syntax(path: path, offset: offset, found: found?.asciiValue, expected: expected)
  }

  @Test(
    "other spellings of the same header are read",
    arguments: [
      "{\(entry)}", "{\(entry)}      ", "{ \t\r\n\(entry)\n}",
      #"{"a" : { "shape" : [ 2 ] , "data_offsets" : [ 0 , 8 ] , "dtype" : "F32" } }"#,
      #"{"\u0061":{"dtype":"\u00463\u0032","shape":[2],"data_offsets":[0,8]}}"#,
      #"{"__metadata__":{},"# + entry + "}", "{" + entry + #","__metadata__":{ } }"#,
    ])
  func spellings(header: String) throws {
    let payload: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
    let file = try SafetensorsBytes.decode(SafetensorsBytes.file(header, payload: payload))
    #expect(
      file
        == SafetensorsFile(
          tensors: [Tensor(name: "a", shape: [2], values: [1, -2])], hasChecksums: false))
  }

  @Test("every escape means its character")
  func escapes() throws {
    let header = #"{"__metadata__":{"k":"\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud83d\uDE00é😀"}}"#
    let file = try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    #expect(file.metadata == ["k": "\"\\/\u{8}\u{C}\n\r\t\0é€😀é😀"])
  }

  @Test(
    "a header that breaks the grammar is refused where it does",
    arguments: [
      ("  ", syntax(8, " ", .objectStart)),
      (" {}", syntax(8, " ", .objectStart)),
      ("[]", syntax(8, "[", .objectStart)),
      ("hello", syntax(8, "h", .objectStart)),
      ("{       ", syntax(16, nil, .keyOrObjectEnd)),
      ("{a:1}", syntax(9, "a", .keyOrObjectEnd)),
      ("{,}", syntax(9, ",", .keyOrObjectEnd)),
      ("{}}", syntax(10, "}", .spacesToTheEnd)),
      ("{}\n", syntax(10, "\n", .spacesToTheEnd)),
      ("{} \0", syntax(11, "\0", .spacesToTheEnd)),
      (#"{"a"}"#, syntax(12, "}", .colon)),
      (#"{"a":1}"#, syntax(13, "1", .objectStart)),
      (#"{"a":null}"#, syntax(13, "n", .objectStart)),
      (#"{"a":[]}"#, syntax(13, "[", .objectStart)),
      (#"{"__metadata__":"x"}"#, syntax(24, "\"", .objectStart)),
      (#"{"__metadata__":{"k":1}}"#, syntax(29, "1", .string)),
      (#"{"__metadata__":{"k":{}}}"#, syntax(29, "{", .string)),
      (#"{"__metadata__":{"k":null}}"#, syntax(29, "n", .string)),
      (#"{"__metadata__":{"k":"v",}}"#, syntax(33, "}", .key)),
      (#"{"__metadata__":{"k":"v" "l":"w"}}"#, syntax(33, "\"", .commaOrObjectEnd)),
      (#"{"__metadata__":{"k":"v"}"#, syntax(33, nil, .commaOrObjectEnd)),
      (#"{"a"#, syntax(11, nil, .characterOrQuote)),
      ("{\"a\nb\"}", syntax(11, "\n", .characterOrQuote)),
      (#"{"\x"}"#, syntax(11, "x", .escape)),
      (#"{"\"#, syntax(11, nil, .escape)),
      (#"{"\u00g0"}"#, syntax(14, "g", .hexadecimalDigit)),
      (#"{"\u12"#, syntax(14, nil, .hexadecimalDigit)),
      (#"{"\udc00"}"#, syntax(12, "d", .scalar)),
      (#"{"\ud800"}"#, syntax(16, "\"", .lowSurrogate)),
      (#"{"\ud800\n"}"#, syntax(17, "n", .lowSurrogate)),
      (#"{"\ud800\ud800"}"#, syntax(16, "\\", .lowSurrogate)),
    ])
  func grammar(header: String, error: SafetensorsError) {
    #expect(throws: error) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
  }

  @Test(
    "a number is digits, and nothing else",
    arguments: [
      ("[2.0]", syntax(38, ".", .commaOrArrayEnd)),
      ("[2e0]", syntax(38, "e", .commaOrArrayEnd)),
      ("[02]", syntax(38, "2", .commaOrArrayEnd)),
      ("[-2]", syntax(37, "-", .integerOrArrayEnd)),
      ("[+2]", syntax(37, "+", .integerOrArrayEnd)),
      ("[ ", syntax(38, "}", .integerOrArrayEnd)),
      ("[2,]", syntax(39, "]", .integer)),
      ("[2 2]", syntax(39, "2", .commaOrArrayEnd)),
      ("[\"2\"]", syntax(37, "\"", .integerOrArrayEnd)),
      ("[[2]]", syntax(37, "[", .integerOrArrayEnd)),
      ("2", syntax(36, "2", .arrayStart)),
      ("null", syntax(36, "n", .arrayStart)),
      ("[9223372036854775808]", syntax(37, "9", .integerBelowLimit)),
      ("[99999999999999999999999]", syntax(37, "9", .integerBelowLimit)),
    ])
  func numbers(shape: String, error: SafetensorsError) {
    let header = #"{"a":{"dtype":"F32","shape":"# + shape + "}}"
    #expect(throws: error) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
  }

  @Test(
    "data_offsets are two", arguments: ["[]", "[0]", "[0,8,16]"])
  func offsets(text: String) {
    let header = #"{"a":{"data_offsets":"# + text + "}}"
    #expect(throws: Self.syntax(29, "[", .twoOffsets)) {
      try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    }
  }

  @Test("the largest number there is room for is read, and then found not to fit")
  func largestNumber() {
    let header = #"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#
    #expect(
      throws: SafetensorsError.shapeOverflow(path: Self.path, tensor: "a", shape: [.max])
    ) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
  }

  @Test(
    "a key that stands twice, that no one knows or that is missing is refused",
    arguments: [
      (
        "{\(entry),\(entry)}",
        SafetensorsError.duplicateKey(path: path, offset: 62, key: "a")
      ),
      (
        #"{"a":{"dtype":"F32","dtype":"F32"}}"#,
        .duplicateKey(path: path, offset: 28, key: "dtype")
      ),
      (
        #"{"__metadata__":{"k":"1","\u006b":"2"}}"#,
        .duplicateKey(path: path, offset: 33, key: "k")
      ),
      (
        #"{"__metadata__":{},"__metadata__":{}}"#,
        .duplicateKey(path: path, offset: 27, key: "__metadata__")
      ),
      (
        #"{"a":{"dtype":"F32","stride":[1]}}"#,
        .unknownKey(path: path, offset: 28, tensor: "a", key: "stride")
      ),
      (
        #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#,
        .missingKey(path: path, tensor: "a", key: "dtype")
      ),
      (
        #"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#,
        .missingKey(path: path, tensor: "a", key: "shape")
      ),
      (
        #"{"a":{"dtype":"F32","shape":[2]}}"#,
        .missingKey(path: path, tensor: "a", key: "data_offsets")
      ),
      ("{\"a\":{}}", .missingKey(path: path, tensor: "a", key: "dtype")),
    ])
  func keys(header: String, error: SafetensorsError) {
    #expect(throws: error) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
  }

  @Test("names are told apart by their bytes, even where Unicode holds them to be one text")
  func equivalentNames() throws {
    let header = ["\u{E9}", "e\u{301}"].enumerated().map {
      #""\#($1)":{"dtype":"F32","shape":[1],"data_offsets":[\#(4 * $0),\#(4 * $0 + 4)]}"#
    }
    let file = try SafetensorsBytes.decode(
      SafetensorsBytes.file(
        "{" + header.joined(separator: ",") + "}", payload: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]))
    #expect(file.tensors.map(\.values) == [[1], [-2]])
  }

  @Test("a key is at most 1 KiB long, and no text has more than 30 combining characters in a row")
  func hostileTexts() {
    let key = String(repeating: "k", count: 1025)
    let marks = "e" + String(repeating: "\u{301}\u{316}", count: 100_000)
    for (header, error) in [
      ("{\"\(key)\":{}}", SafetensorsError.longKey(path: Self.path, offset: 9, limit: 1024)),
      ("{\"\(marks.prefix(400))", .longKey(path: Self.path, offset: 9, limit: 1024)),
      (
        "{\"e" + String(repeating: "\u{301}\u{316}", count: 16) + "\":{}}",
        .combiningCharacters(path: Self.path, offset: 9)
      ),
      (
        "{\"__metadata__\":{\"k\":\"\(marks)\"}}",
        .combiningCharacters(path: Self.path, offset: 29)
      ),
    ] {
      #expect(throws: error) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
    }
  }

  @Test(
    "an element type that is not a float of the list is refused",
    arguments: ["F64", "I32", "BOOL", "f32", "F32 ", ""])
  func elementTypes(word: String) {
    let header = #"{"a":{"dtype":""# + word + #"","shape":[2],"data_offsets":[0,8]}}"#
    #expect(throws: SafetensorsError.elementType(path: Self.path, tensor: "a", found: word)) {
      try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    }
  }

  @Test(
    "a header that is not UTF-8 is refused where it stops being text",
    arguments: [
      ([0x7B, 0xFF, 0x7D], 9), ([0xFF, 0xFE, 0x7B, 0x00], 8), ([0x7B, 0x22, 0xC3, 0x22, 0x7D], 10),
      ([0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x7D], 10), ([0x7B, 0x22, 0xC0, 0x80, 0x22, 0x7D], 10),
    ] as [([UInt8], Int)])
  func notUTF8(header: [UInt8], offset: Int) {
    #expect(throws: SafetensorsError.notUTF8(path: Self.path, offset: offset)) {
      try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    }
  }

  @Test("deep nesting is refused at its second level")
  func nesting() {
    let header = String(repeating: #"{"a":"#, count: 100_000)
    #expect(
      throws: SafetensorsError.unknownKey(path: Self.path, offset: 14, tensor: "a", key: "a")
    ) { try SafetensorsBytes.decode(SafetensorsBytes.file(header)) }
  }
}
