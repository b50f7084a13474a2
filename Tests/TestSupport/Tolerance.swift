/// How far single-precision results are from what they ought to be, as one number to compare.
///
/// Where a difference is not a finite number, so is the result: a test that bounds it fails.
package enum Tolerance {
  /// The largest error as a share of the largest value: max |found − expected| / max |expected|.
  ///
  /// Suits gradients, whose small entries are sums of large terms that cancel.
  package static func errorOfLargest(_ found: [Float], _ expected: [Double]) -> Double {
    let scale = expected.reduce(0) { max($0, abs($1)) }
    return worst(found, expected) { difference, _ in difference / scale }
  }

  /// The largest error as a share of what is allowed: at most 1 within the tolerance.
  ///
  ///     max |found − expected| / (relative · |expected| + absolute)
  package static func share(
    _ found: [Float], _ expected: [Double], relative: Double, absolute: Double
  ) -> Double {
    worst(found, expected) { difference, value in difference / (relative * abs(value) + absolute) }
  }

  private static func worst(
    _ found: [Float], _ expected: [Double], _ error: (Double, Double) -> Double
  ) -> Double {
    precondition(
      found.count == expected.count, "found \(found.count) values, expected \(expected.count)")
    var worst = 0.0
    for (found, expected) in zip(found, expected) {
      let difference = abs(Double(found) - expected)
      guard difference.isFinite else { return .infinity }
      if difference > 0 { worst = max(worst, error(difference, expected)) }
    }
    return worst
  }
}

extension [Float] {
  /// The bytes that the numbers are stored in, for comparisons to the last bit.
  package var bitPatterns: [UInt32] { map(\.bitPattern) }

  package var inDouble: [Double] { map(Double.init) }
}

extension SIMD where Scalar: FloatingPoint {
  /// The largest magnitude of a component.
  package var largestMagnitude: Scalar { pointwiseMax(self, -self).max() }
}
