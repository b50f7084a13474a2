/// The middle of repeated measurements, and how far they lie apart.
///
/// Medians and quartiles, because single measurements that another process disturbed lie far off and
/// would move a mean.
package struct Spread: Sendable, Hashable, Encodable {
  package let median: Double
  /// A quarter of the measurements lie below.
  package let lowerQuartile: Double
  /// A quarter of the measurements lie above.
  package let upperQuartile: Double
  package let minimum: Double
  package let maximum: Double
  package let repetitions: Int

  /// - Returns: nil for no measurement.
  /// - Precondition: every value is finite.
  package init?(_ values: [Double]) {
    precondition(values.allSatisfy(\.isFinite), "found \(values), expected finite measurements")
    let sorted = values.sorted()
    guard let minimum = sorted.first, let maximum = sorted.last else { return nil }
    self.minimum = minimum
    self.maximum = maximum
    median = Self.quantile(0.5, of: sorted)
    lowerQuartile = Self.quantile(0.25, of: sorted)
    upperQuartile = Self.quantile(0.75, of: sorted)
    repetitions = sorted.count
  }

  /// The value below which a share of the others lies, between two of them by proportion.
  ///
  ///     x(p) = xᵢ + (h − i) (xᵢ₊₁ − xᵢ)      h = p (n − 1),  i = ⌊h⌋
  ///
  /// (Hyndman and Fan 1996, definition 7, https://doi.org/10.1080/00031305.1996.10473566.)
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let index = min(Int(place), sorted.count - 1)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (place - Double(index)) * (sorted[next] - sorted[index])
  }
}
