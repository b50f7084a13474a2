/// The length that texts from outside have in messages.

extension String {
  /// The text on one line, cut to a length that fits one, with an ellipsis where something is left out.
  ///
  /// Scalars are counted, because one character may be of any length.
  ///
  /// - Parameter limit: the most scalars that are kept, before control characters are escaped.
  package func clipped(to limit: Int) -> String {
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return onOneLine }
    return String(scalars[..<end]).onOneLine + "…"
  }
}
