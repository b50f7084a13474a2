import ArgumentParser

/// The ranges of options' numbers.
extension ParsableArguments {
  /// Refuses a number out of its range.
  ///
  /// - Parameters:
  ///   - name: of the option, without dashes.
  ///   - value: nil where it was not given.
  /// - Throws: `ValidationError`, which says what was found and what is expected.
  func check<Value: Comparable>(
    _ name: String, _ value: Value?, _ range: ClosedRange<Value>
  ) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
      "--\(name): found \(value), expected \(range.lowerBound)…\(range.upperBound)")
  }
}
