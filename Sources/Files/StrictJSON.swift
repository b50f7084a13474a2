/// A JSON text read strictly: RFC 8259 to the letter, every key once, nesting bounded.
///
/// Foundation's readers keep one of two equal keys without a word, and accept byte order marks and
/// UTF-16; what a person wrote by hand deserves to be told.
///
/// The values take at most 60 MiB more memory than the text: a text of nothing but `[[],[],…` is
/// refused before it takes more. Keys are told apart by their bytes, and are at most 1 KiB long.
package enum StrictJSON: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// The value, infinite where the text is beyond `Double`, and the text as it was written; the beginning
  /// of one of more than 15 characters.
  case number(Double, text: String)
  case string(String)
  case array([StrictJSON])
  /// Members in the order of the text; no key appears twice.
  case object([Member])

  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: StrictJSON

    package init(key: String, value: StrictJSON) {
      self.key = key
      self.value = value
    }
  }

  /// Where a text stops being JSON, and what stands there.
  package struct SyntaxError: Error, Sendable, Equatable {
    /// Both counted from 1; columns in bytes.
    package var line: Int
    package var column: Int
    package var found: String
    package var expected: String

    package init(line: Int, column: Int, found: String, expected: String) {
      self.line = line
      self.column = column
      self.found = found
      self.expected = expected
    }
  }

  /// - Throws: ``SyntaxError`` at the first byte that is not JSON.
  package init(parsing bytes: [UInt8]) throws(SyntaxError) {
    var parser = Parser(bytes: bytes)
    self = try parser.document()
  }

  /// The value as one short word for a message: numbers and strings as written, the rest by kind.
  package var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(_, let text): Self.clipped(text)
    case .string(let text): "\"" + Self.clipped(text) + "\""
    case .array(let elements): "a list of \(elements.count)"
    case .object: "an object"
    }
  }

  /// Text cut to a length that fits one line, control characters escaped.
  package static func clipped(_ text: String) -> String { text.clipped(to: 40) }
}

/// Recursive descent over the bytes of one text.
private struct Parser {
  let bytes: [UInt8]
  var position = 0

  /// What the values may still take, bytes.
  private var memory: Int

  init(bytes: [UInt8]) {
    self.bytes = bytes
    memory = bytes.count + Self.memoryLimit
  }

  /// Deeper than any file of this project; keeps a hostile text from exhausting the stack.
  static let depthLimit = 32

  /// What values may take beyond the size of their text, bytes.
  static let memoryLimit = 44 << 20

  /// The longest texts that are read, bytes.
  static let (keyLimit, stringLimit, numberLimit) = (1 << 10, 1 << 20, 1 << 10)

  /// Counted for a list or an object, and for a key beside its value, bytes.
  private static let (containerCost, keyCost) = (64, 32)

  /// Counted for a value, bytes: a long list is there twice while it grows, in places for one and two
  /// times its values.
  private static func cost(ofValueAt index: Int) -> Int { index < 1024 ? 40 : 96 }

  /// Counted for a text that does not lie in its value, and for a key's bytes while its object is read.
  private static func cost(ofText text: String) -> Int {
    text.utf8.count > inlineByteCount ? 48 + text.utf8.count : 0
  }
  private static func cost(ofKey key: [UInt8]) -> Int { 96 + key.count }

  /// A `String` of up to so many bytes takes no memory beside itself.
  private static let inlineByteCount = 15

  /// Counts memory before it is taken.
  private mutating func spend(_ byteCount: Int) throws(StrictJSON.SyntaxError) {
    memory -= byteCount
    guard memory >= 0 else {
      throw failure(
        at: position, found: "more values", expected: "fewer: they do not fit into memory")
    }
  }

  mutating func document() throws(StrictJSON.SyntaxError) -> StrictJSON {
    let value = try value(depth: 0, index: 0)
    skipSpace()
    guard position == bytes.count else { throw failure(expected: "the end of the text") }
    return value
  }

  /// - Parameter index: the value's place in its list or object.
  private mutating func value(depth: Int, index: Int) throws(StrictJSON.SyntaxError) -> StrictJSON {
    skipSpace()
    guard depth < Self.depthLimit else {
      throw failure(expected: "at most \(Self.depthLimit) levels of nesting")
    }
    try spend(Self.cost(ofValueAt: index))
    switch peek ?? 0 {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string(limit: Self.stringLimit, name: "string"))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw failure(expected: "a value")
    }
  }

  private mutating func object(depth: Int) throws(StrictJSON.SyntaxError) -> StrictJSON {
    var members: [StrictJSON.Member] = []
    // Bytes: what Unicode holds to be equal is not equal to every reader, and is slow to compare.
    var keys: Set<[UInt8]> = []
    var keyMemory = 0
    try spend(Self.containerCost)
    position += 1
    skipSpace()
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw failure(expected: "a key in quotes") }
      try spend(members.count < 1024 ? Self.keyCost : 2 * Self.keyCost)
      let key = try string(limit: Self.keyLimit, name: "key")
      let keyBytes = Array(key.utf8)
      try spend(Self.cost(ofKey: keyBytes))
      keyMemory += Self.cost(ofKey: keyBytes)
      guard keys.insert(keyBytes).inserted else {
        throw failure(
          at: start, found: "a second \"\(StrictJSON.clipped(key))\"", expected: "every key once")
      }
      skipSpace()
      guard take(":") else { throw failure(expected: "\":\" after a key") }
      members.append(.init(key: key, value: try value(depth: depth + 1, index: members.count)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure(expected: "\",\" or \"}\"") }
    memory += keyMemory
    return .object(members)
  }

  private mutating func array(depth: Int) throws(StrictJSON.SyntaxError) -> StrictJSON {
    var elements: [StrictJSON] = []
    try spend(Self.containerCost)
    position += 1
    skipSpace()
    if take("]") { return .array([]) }
    repeat {
      elements.append(try value(depth: depth + 1, index: elements.count))
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure(expected: "\",\" or \"]\"") }
    return .array(elements)
  }

  // -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
  private mutating func number() throws(StrictJSON.SyntaxError) -> StrictJSON {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    guard position - start <= Self.numberLimit else {
      throw failure(
        at: start, found: "a number of \(position - start) bytes",
        expected: "at most \(Self.numberLimit)")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text) else {
      throw failure(at: start, found: StrictJSON.clipped(text), expected: "a number")
    }
    return .number(
      value, text: text.utf8.count > Self.inlineByteCount ? text.clipped(to: 12) : text)
  }

  private mutating func digits() throws(StrictJSON.SyntaxError) {
    let start = position
    while let byte = peek, isDigit(byte) { position += 1 }
    guard position > start else { throw failure(expected: "a digit") }
  }

  /// - Parameters:
  ///   - limit: the longest that is read, bytes.
  ///   - name: what the text is, for the error.
  private mutating func string(
    limit: Int, name: String
  ) throws(StrictJSON.SyntaxError) -> String {
    let start = position
    var content: [UInt8] = []
    position += 1
    while let byte = peek {
      guard content.count <= limit else {
        throw failure(
          at: start, found: "a \(name) of more than \(limit) bytes", expected: "at most so many")
      }
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try text(of: content, at: start)
      case UInt8(ascii: "\\"):
        content.append(contentsOf: try escapedCharacter().utf8)
      case 0..<0x20:
        throw failure(expected: "no control character in a string")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw failure(expected: "the string's closing quote")
  }

  /// A string's bytes as text, once it is known to be text that can be compared in time.
  private mutating func text(
    of content: [UInt8], at start: Int
  ) throws(StrictJSON.SyntaxError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure(at: start, found: "a string that is not UTF-8", expected: "UTF-8 text")
    }
    guard text.isStreamSafe else {
      throw failure(
        at: start, found: "more than \(String.combiningLimit) combining characters in a row",
        expected: "at most so many")
    }
    try spend(Self.cost(ofText: text))
    return text
  }

  private mutating func escapedCharacter() throws(StrictJSON.SyntaxError) -> String {
    let start = position
    position += 1
    let plain: [UInt8: String] = [
      UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
      UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
      UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    if let byte = peek, let character = plain[byte] {
      position += 1
      return character
    }
    guard take("u") else { throw failure(expected: "an escape of JSON") }
    var units = [try hexadecimalUnit()]
    // A character beyond U+FFFF is written as two escapes, a surrogate pair.
    if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
      units.append(try hexadecimalUnit())
    }
    guard let character = String(validating: units, as: UTF16.self) else {
      throw failure(at: start, found: "half a surrogate pair", expected: "a whole one")
    }
    return character
  }

  private mutating func hexadecimalUnit() throws(StrictJSON.SyntaxError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw failure(expected: "four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private mutating func word(
    _ text: String, _ value: StrictJSON
  ) throws(StrictJSON.SyntaxError) -> StrictJSON {
    guard bytes[position...].starts(with: text.utf8) else { throw failure(expected: "a value") }
    position += text.utf8.count
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func failure(expected: String) -> StrictJSON.SyntaxError {
    let found =
      switch peek {
      case nil: "the end of the text"
      case .some(let byte) where (0x21..<0x7F).contains(byte):
        "\"" + String(UnicodeScalar(byte)) + "\""
      case .some(let byte): "byte \(byte)"
      }
    return failure(at: position, found: found, expected: expected)
  }

  private func failure(
    at offset: Int, found: String, expected: String
  ) -> StrictJSON.SyntaxError {
    let before = bytes[..<offset]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return .init(
      line: 1 + before.count { $0 == UInt8(ascii: "\n") }, column: offset - lineStart + 1,
      found: found, expected: expected)
  }
}
