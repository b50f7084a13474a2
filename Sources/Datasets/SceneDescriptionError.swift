package import Files

/// Why a scene description could not be read.
package enum SceneDescriptionError: Error, Equatable, Sendable {
  case file(FileError)

  /// The text is not JSON.
  case malformedJSON(path: String, error: StrictJSON.SyntaxError)

  /// The format version is not one this program reads.
  case unsupportedVersion(path: String, found: String, supported: ClosedRange<Int>)

  case missingKey(path: String, keyPath: String)

  /// A key that the format does not have; `nearest` is the one probably meant.
  case unknownKey(path: String, keyPath: String, nearest: String?, known: [String])

  case unexpectedValue(path: String, keyPath: String, found: String, expected: String)
}

extension SceneDescriptionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error):
      error.description
    case .malformedJSON(let path, let error):
      "\(path.onOneLine):\(error.line):\(error.column): found \(error.found), "
        + "expected \(error.expected)"
    case .unsupportedVersion(let path, let found, let supported):
      "\(path.onOneLine): hypermarch_scene: found version \(found), expected "
        + supported.map(String.init).joined(separator: " or ")
    case .missingKey(let path, let keyPath):
      "\(path.onOneLine): \(keyPath): found nothing, expected a value"
    case .unknownKey(let path, let keyPath, let nearest, let known):
      "\(path.onOneLine): \(keyPath.onOneLine): found an unknown key, expected "
        + (nearest.map { "perhaps \"\($0)\"" } ?? "one of " + known.joined(separator: ", "))
    case .unexpectedValue(let path, let keyPath, let found, let expected):
      "\(path.onOneLine): \(keyPath.isEmpty ? "" : keyPath.onOneLine + ": ")"
        + "found \(found), expected \(expected)"
    }
  }
}
