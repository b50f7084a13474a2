/// Texts whose keys Foundation turns from snake case into Swift's names.

extension StrictJSON {
  /// A key that is not in snake case.
  package struct KeyError: Error, Equatable {
    package let key: String
  }

  /// Refuses an object with a key that is not in snake case, at any depth.
  ///
  /// To Foundation `formatVersion` and `format__version` are other spellings of `format_version`, and of
  /// several it takes any one. The keys under `options` are names that are never turned.
  package func expectSnakeCase() throws(KeyError) {
    switch self {
    case .array(let elements):
      for element in elements { try element.expectSnakeCase() }
    case .object(let members):
      for member in members {
        let bytes = Array(member.key.utf8)
        let hasCapital = bytes.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let hasGap = zip(bytes, bytes.dropFirst()).contains { $0 == $1 && $0 == UInt8(ascii: "_") }
        guard !hasCapital, !hasGap else { throw KeyError(key: member.key) }
        if member.key != "options" { try member.value.expectSnakeCase() }
      }
    default: break
    }
  }
}
