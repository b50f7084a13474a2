import Files

/// What the header of a safetensors file says, before any of it is believed.
struct SafetensorsHeader: Equatable {
  /// The one key that names no tensor.
  static let metadataKey = "__metadata__"

  /// The metadata's key for the checksums.
  static let checksumKey = "crc32"

  struct Entry: Equatable {
    let name: String
    let elementType: Tensor.ElementType
    let shape: [Int]

    /// Where the data begins and ends, in bytes after the header.
    let begin: Int
    let end: Int
  }

  struct Checksums: Equatable {
    let text: String

    /// The offset in the file of the text's first byte, after the quote.
    let offset: Int

    /// Whether each byte of the text stands in the file as it is, with no escapes.
    let isLiteral: Bool
  }

  /// In the order of the header.
  var entries: [Entry] = []

  /// Without the checksums.
  var metadata: [String: String] = [:]

  var checksums: Checksums?

  /// The longest key that is read, bytes.
  static let keyByteLimit = 1 << 10
}

/// Reads a header byte by byte, and nothing but a header.
///
/// The grammar is JSON cut down to what the format can hold, so nesting is fixed and no number has a
/// sign, a fraction or an exponent:
///
///     header   = { "__metadata__": { text: text, … }, name: tensor, … } and then only spaces
///     tensor   = { "dtype": text, "shape": [ integer, … ], "data_offsets": [ integer, integer ] }
///
/// The three keys of a tensor come in any order, each once. White space may stand between tokens, but
/// not before the first brace. Keys are told apart by their bytes, and are at most 1 KiB long.
struct SafetensorsHeaderScanner {
  private let bytes: [UInt8]
  private let path: String
  private var position: Int
  private let end: Int

  /// - Parameter range: the header's place in `bytes`.
  /// - Precondition: the range is valid UTF-8.
  init(_ bytes: [UInt8], range: Range<Int>, path: String) {
    self.bytes = bytes
    self.path = path
    position = range.lowerBound
    end = range.upperBound
  }

  mutating func header() throws(SafetensorsError) -> SafetensorsHeader {
    var header = SafetensorsHeader()
    guard next == Character.leftBrace else { throw syntax(.objectStart) }
    try object { scanner, name, offset throws(SafetensorsError) in
      if name == SafetensorsHeader.metadataKey {
        try scanner.metadata(into: &header)
      } else {
        guard header.entries.count < SafetensorsCount.tensors.limit else {
          throw .tooMany(path: scanner.path, offset: offset, .tensors)
        }
        header.entries.append(try scanner.tensor(name: name))
      }
    }
    while next == Character.space { position += 1 }
    guard position == end else { throw syntax(.spacesToTheEnd) }
    return header
  }

  private mutating func metadata(into header: inout SafetensorsHeader) throws(SafetensorsError) {
    var texts: [String: String] = [:]
    var checksums: SafetensorsHeader.Checksums?
    try object { scanner, key, keyOffset throws(SafetensorsError) in
      guard texts.count < SafetensorsCount.texts.limit else {
        throw .tooMany(path: scanner.path, offset: keyOffset, .texts)
      }
      let offset = scanner.position + 1
      let text = try scanner.string(.string)
      if key == SafetensorsHeader.checksumKey {
        checksums = SafetensorsHeader.Checksums(
          text: text, offset: offset, isLiteral: scanner.position - 1 - offset == text.utf8.count)
      } else {
        texts[key] = text
      }
    }
    header.metadata = texts
    header.checksums = checksums
  }

  private mutating func tensor(name: String) throws(SafetensorsError) -> SafetensorsHeader.Entry {
    var word: String?
    var shape: [Int]?
    var range: (begin: Int, end: Int)?
    try object { scanner, key, offset throws(SafetensorsError) in
      switch key {
      case "dtype":
        word = try scanner.string(.string)
      case "shape":
        shape = try scanner.integers()
      case "data_offsets":
        let offset = scanner.position
        let numbers = try scanner.integers()
        guard numbers.count == 2 else { throw scanner.syntax(.twoOffsets, at: offset) }
        range = (numbers[0], numbers[1])
      default:
        throw .unknownKey(path: scanner.path, offset: offset, tensor: name, key: key)
      }
    }
    guard let word else { throw .missingKey(path: path, tensor: name, key: "dtype") }
    guard let shape else { throw .missingKey(path: path, tensor: name, key: "shape") }
    guard let range else { throw .missingKey(path: path, tensor: name, key: "data_offsets") }
    guard let elementType = Tensor.ElementType(rawValue: word) else {
      throw .elementType(path: path, tensor: name, found: word)
    }
    return SafetensorsHeader.Entry(
      name: name, elementType: elementType, shape: shape, begin: range.begin, end: range.end)
  }
}

// MARK: Tokens

extension SafetensorsHeaderScanner {
  private enum Character {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let leftBrace = UInt8(ascii: "{")
    static let rightBrace = UInt8(ascii: "}")
    static let leftBracket = UInt8(ascii: "[")
    static let rightBracket = UInt8(ascii: "]")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let space = UInt8(ascii: " ")
    static let zero = UInt8(ascii: "0")
    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  }

  /// The byte at the position; nil at the header's end.
  private var next: UInt8? { position < end ? bytes[position] : nil }

  private func syntax(_ expected: SafetensorsSyntax, at offset: Int? = nil) -> SafetensorsError {
    let offset = offset ?? position
    return .syntax(
      path: path, offset: offset, found: offset < end ? bytes[offset] : nil, expected: expected)
  }

  private mutating func skipWhiteSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Moves past white space and one given byte.
  private mutating func take(
    _ byte: UInt8, orThrow expected: SafetensorsSyntax
  ) throws(SafetensorsError) {
    skipWhiteSpace()
    guard next == byte else { throw syntax(expected) }
    position += 1
  }

  /// Moves past white space and, if it is next, one given byte.
  private mutating func takes(_ byte: UInt8) -> Bool {
    skipWhiteSpace()
    guard next == byte else { return false }
    position += 1
    return true
  }

  /// Reads an object whose values are read by `readValue`, with the key and its offset.
  private mutating func object(
    _ readValue: (inout Self, String, Int) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try take(Character.leftBrace, orThrow: .objectStart)
    if takes(Character.rightBrace) { return }
    // What Unicode holds to be equal is not equal to every reader, and is slow to compare.
    var keys: Set<[UInt8]> = []
    var expected = SafetensorsSyntax.keyOrObjectEnd
    repeat {
      skipWhiteSpace()
      let offset = position
      let key = try string(expected, limit: SafetensorsHeader.keyByteLimit)
      guard keys.insert(Array(key.utf8)).inserted else {
        throw .duplicateKey(path: path, offset: offset, key: key)
      }
      try take(Character.colon, orThrow: .colon)
      skipWhiteSpace()
      try readValue(&self, key, offset)
      expected = .key
    } while takes(Character.comma)
    try take(Character.rightBrace, orThrow: .commaOrObjectEnd)
  }

  private mutating func integers() throws(SafetensorsError) -> [Int] {
    try take(Character.leftBracket, orThrow: .arrayStart)
    if takes(Character.rightBracket) { return [] }
    var result: [Int] = []
    repeat {
      skipWhiteSpace()
      guard result.count < SafetensorsCount.extents.limit else {
        throw .tooMany(path: path, offset: position, .extents)
      }
      result.append(try integer(result.isEmpty ? .integerOrArrayEnd : .integer))
    } while takes(Character.comma)
    try take(Character.rightBracket, orThrow: .commaOrArrayEnd)
    return result
  }

  /// Reads digits.
  ///
  /// After a leading zero nothing else belongs to the number.
  private mutating func integer(
    _ expected: SafetensorsSyntax
  ) throws(SafetensorsError) -> Int {
    let offset = position
    var value = 0
    while let digit = next, Character.digits.contains(digit) {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Int(digit - Character.zero))
      guard !overflow && !carry else { throw syntax(.integerBelowLimit, at: offset) }
      value = sum
      position += 1
      if value == 0 { break }
    }
    guard position > offset else { throw syntax(expected) }
    return value
  }
}

// MARK: Text

extension SafetensorsHeaderScanner {
  /// Reads text in quotes.
  ///
  /// - Parameters:
  ///   - expected: what the place asks for, where there is no quote.
  ///   - limit: the longest that is read, bytes; nil for any length.
  private mutating func string(
    _ expected: SafetensorsSyntax, limit: Int? = nil
  ) throws(SafetensorsError) -> String {
    let start = position
    guard next == Character.quote else { throw syntax(expected) }
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte = next, byte >= 0x20 else { throw syntax(.characterOrQuote) }
      if let limit, text.count > limit {
        throw .longKey(path: path, offset: start, limit: limit)
      }
      position += 1
      switch byte {
      case Character.quote:
        let string = String(decoding: text, as: UTF8.self)
        guard string.isStreamSafe else { throw .combiningCharacters(path: path, offset: start) }
        return string
      case Character.backslash: text.append(contentsOf: try escapedCharacter())
      default: text.append(byte)
      }
    }
  }

  /// Reads what follows a backslash, as UTF-8.
  private mutating func escapedCharacter() throws(SafetensorsError) -> [UInt8] {
    guard let byte = next else { throw syntax(.escape) }
    position += 1
    switch byte {
    case Character.quote, Character.backslash, UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try escapedScalar()).utf8)
    default: throw syntax(.escape, at: position - 1)
    }
  }

  /// Reads the four digits after `\u`, and those of a second `\u` where the character has two halves.
  private mutating func escapedScalar() throws(SafetensorsError) -> Unicode.Scalar {
    let offset = position
    let first = try fourHexadecimalDigits()
    guard (0xD800...0xDBFF).contains(first) else {
      guard let scalar = Unicode.Scalar(first) else { throw syntax(.scalar, at: offset) }
      return scalar
    }
    let secondOffset = position
    for byte in [Character.backslash, UInt8(ascii: "u")] {
      guard next == byte else { throw syntax(.lowSurrogate) }
      position += 1
    }
    let second = try fourHexadecimalDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw syntax(.lowSurrogate, at: secondOffset) }
    return scalar
  }

  private mutating func fourHexadecimalDigits() throws(SafetensorsError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Swift.Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw syntax(.hexadecimalDigit)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
