package import Files

/// Why bytes are not a safetensors file that can be used.
///
/// Offsets count bytes from the start of the file. `description` is one line, whatever the file holds.
package enum SafetensorsError: Error, Equatable, Sendable {
  /// The file itself could not be read or written.
  case file(FileError)

  /// Too few bytes for the shortest file there is.
  case tooShort(path: String, byteCount: Int)

  /// The header's stated length is outside `2…limit`: the smaller of the format's limit here and what
  /// the file has room for.
  case headerLength(path: String, found: UInt64, limit: Int)

  case notUTF8(path: String, offset: Int)

  /// The header breaks the grammar. `found` is nil at its end.
  case syntax(path: String, offset: Int, found: UInt8?, expected: SafetensorsSyntax)

  /// A key of more than `limit` bytes, at its quote.
  case longKey(path: String, offset: Int, limit: Int)

  /// A text with more combining characters in a row than are compared in time, at its quote.
  case combiningCharacters(path: String, offset: Int)

  case duplicateKey(path: String, offset: Int, key: String)
  case unknownKey(path: String, offset: Int, tensor: String, key: String)
  case missingKey(path: String, tensor: String, key: String)
  case elementType(path: String, tensor: String, found: String)

  /// The shape's number of bytes is beyond what an integer holds.
  case shapeOverflow(path: String, tensor: String, shape: [Int])

  /// The file has more of something than is read.
  case tooMany(path: String, offset: Int, SafetensorsCount)

  /// The data range ends before it begins.
  case reversedRange(path: String, tensor: String, begin: Int, end: Int)

  /// The data range is not as long as shape and element type say.
  case byteCount(path: String, tensor: String, found: Int, expected: Int)

  /// The data begins elsewhere than where the tensor before it ends: an overlap or a hole.
  case rangeStart(path: String, tensor: String, found: Int, expected: Int)

  /// More or fewer bytes follow the header than the tensors have.
  case payloadLength(path: String, found: Int, expected: Int)

  case missingChecksums(path: String)
  case malformedChecksums(path: String, offset: Int, expectedCount: Int)
  case headerChecksum(path: String, found: UInt32, expected: UInt32)
  case tensorChecksum(path: String, tensor: String, found: UInt32, expected: UInt32)

  /// A value that is infinite or not a number; `bits` are its pattern as a `Float`.
  case nonFinite(path: String, tensor: String, index: Int, bits: UInt32)
}

/// What a header may have only so many of, so that its lists stay in proportion to the file.
///
/// The raw value is its name in messages.
package enum SafetensorsCount: String, Sendable {
  case tensors = "tensors"
  case texts = "metadata texts"
  case extents = "numbers in a list"

  package var limit: Int {
    switch self {
    case .tensors: 65_536
    case .texts: 1024
    case .extents: 32
    }
  }
}

/// What the header's grammar asks for at one place.
///
/// The raw value is its name in messages.
package enum SafetensorsSyntax: String, Sendable {
  case objectStart = "\"{\""
  case keyOrObjectEnd = "a key in quotes or \"}\""
  case key = "a key in quotes"
  case colon = "\":\""
  case commaOrObjectEnd = "\",\" or \"}\""
  case string = "text in quotes"
  case characterOrQuote = "a character above U+001F or the closing quote"
  case escape = "one of \"\\/bfnrtu after the backslash"
  case hexadecimalDigit = "a hexadecimal digit"
  case lowSurrogate = "\\uDC00…\\uDFFF for the second half of a character"
  case scalar = "a character, not the second half of one"
  case arrayStart = "\"[\""
  case integer = "a whole number without a sign"
  case integerOrArrayEnd = "a whole number without a sign or \"]\""
  case integerBelowLimit = "a whole number below 2⁶³"
  case commaOrArrayEnd = "\",\" or \"]\""
  case twoOffsets = "two offsets, begin and end"
  case spacesToTheEnd = "only spaces after the header's last brace"
}

extension SafetensorsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error):
      error.description
    case .tooShort(let path, let byteCount):
      "\(path.onOneLine): found \(byteCount) bytes, expected a safetensors file of at least 10"
    case .headerLength(let path, let found, let limit):
      // Of a file that is something else the number is its first letters, which are nobody's business.
      "\(path.onOneLine): byte 0: found a header of "
        + (found <= SafetensorsError.shownHeaderLength ? "\(found)" : "too many")
        + " bytes, expected 2…\(limit)"
    case .notUTF8(let path, let offset):
      "\(path.onOneLine): byte \(offset): found bytes that are not UTF-8, expected text"
    case .syntax(let path, let offset, let found, let expected):
      "\(path.onOneLine): byte \(offset): found \(SafetensorsError.words(for: found)), "
        + "expected \(expected.rawValue)"
    case .longKey(let path, let offset, let limit):
      "\(path.onOneLine): byte \(offset): found a key of more than \(limit) bytes, "
        + "expected at most so many"
    case .combiningCharacters(let path, let offset):
      "\(path.onOneLine): byte \(offset): found a text with more than \(String.combiningLimit) "
        + "combining characters in a row, expected at most so many"
    case .duplicateKey(let path, let offset, let key):
      "\(path.onOneLine): byte \(offset): found key \(key.inQuotes) again, expected it once"
    case .unknownKey(let path, let offset, let tensor, let key):
      "\(path.onOneLine): byte \(offset): tensor \(tensor.inQuotes): found key \(key.inQuotes), "
        + "expected dtype, shape or data_offsets"
    case .missingKey(let path, let tensor, let key):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found no \(key), expected one"
    case .elementType(let path, let tensor, let found):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found dtype \(found.inQuotes), "
        + "expected F32, F16 or BF16"
    case .shapeOverflow(let path, let tensor, let shape):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found shape "
        + "\(SafetensorsError.words(for: shape)), expected fewer than 2⁶³ bytes"
    case .tooMany(let path, let offset, let count):
      "\(path.onOneLine): byte \(offset): found more \(count.rawValue), "
        + "expected at most \(count.limit)"
    case .reversedRange(let path, let tensor, let begin, let end):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found data_offsets [\(begin), \(end)], "
        + "expected the end after the begin"
    case .byteCount(let path, let tensor, let found, let expected):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found \(found) bytes of data, "
        + "expected \(expected) for its shape and dtype"
    case .rangeStart(let path, let tensor, let found, let expected):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found data at offset \(found), "
        + "expected \(expected) where the tensor before it ends"
    case .payloadLength(let path, let found, let expected):
      "\(path.onOneLine): found \(found) bytes after the header, expected \(expected)"
    case .missingChecksums(let path):
      "\(path.onOneLine): found no crc32 in the metadata, expected checksums"
    case .malformedChecksums(let path, let offset, let expectedCount):
      "\(path.onOneLine): byte \(offset): found another text, expected \(expectedCount) checksums "
        + "of 8 lower-case hexadecimal digits with a space between them"
    case .headerChecksum(let path, let found, let expected):
      "\(path.onOneLine): header: found checksum \(found.hexadecimal), "
        + "expected \(expected.hexadecimal): the file is damaged"
    case .tensorChecksum(let path, let tensor, let found, let expected):
      "\(path.onOneLine): tensor \(tensor.inQuotes): found checksum \(found.hexadecimal), "
        + "expected \(expected.hexadecimal): the file is damaged"
    case .nonFinite(let path, let tensor, let index, let bits):
      "\(path.onOneLine): tensor \(tensor.inQuotes): value \(index): "
        + "found \(Float(bitPattern: bits)), expected a finite number"
    }
  }

  /// The longest stated length of a header that an error repeats, bytes: 2⁴⁰, which no text begins with.
  private static let shownHeaderLength: UInt64 = 1 << 40

  private static func words(for byte: UInt8?) -> String {
    guard let byte else { return "the end of the header" }
    return (0x21...0x7E).contains(byte)
      ? "\"" + String(decoding: [byte], as: UTF8.self) + "\""
      : "byte 0x" + String(byte, radix: 16)
  }

  private static func words(for shape: [Int]) -> String {
    shape.count <= 8 ? "\(shape)" : "of \(shape.count) extents"
  }
}

extension String {
  /// The text in quotes on one line, cut short where a hostile name would fill the screen.
  fileprivate var inQuotes: String {
    "\"" + clipped(to: 120) + "\""
  }
}

extension UInt32 {
  /// Eight lower-case digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
