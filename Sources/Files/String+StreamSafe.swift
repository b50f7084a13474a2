/// Texts whose characters are of a sensible length.

extension String {
  /// The most combining characters that a text has in a row; the format's own number.
  package static let combiningLimit = 30

  /// Whether the text is in Unicode's Stream-Safe Text Format: no more than 30 combining characters in a
  /// row.
  ///
  /// Comparing and hashing a text brings such characters into an order, in a time that grows with the
  /// square of their number: a text from outside is looked at before that.
  /// (Unicode Standard Annex 15, section 13.)
  package var isStreamSafe: Bool {
    // Before U+0300, whose first byte is 0xCC, nothing combines.
    if utf8.allSatisfy({ $0 < 0xCC }) { return true }
    var count = 0
    for scalar in unicodeScalars {
      count = scalar.isCombining ? count + 1 : 0
      if count > Self.combiningLimit { return false }
    }
    return true
  }
}

extension Unicode.Scalar {
  /// Whether the scalar, or what it stands for, has a place among the marks of another one.
  fileprivate var isCombining: Bool {
    guard value >= 0x300 else { return false }
    // Three vowel signs of Tibetan are made of nothing but marks, and are none by their own class.
    return properties.canonicalCombiningClass != .notReordered
      || [0x0F73, 0x0F75, 0x0F81].contains(value)
  }
}
