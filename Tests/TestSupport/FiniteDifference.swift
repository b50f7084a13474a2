/// Derivatives by central differences, in `Double`.
package enum FiniteDifference {
  /// ∂f/∂xᵢ for some entries i of a point.
  ///
  ///     ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h
  ///
  /// - Parameters:
  ///   - entries: the i asked for, in the order of the result.
  ///   - step: h, in the units of the point. The error is of order h² plus 10⁻¹⁶ f / h.
  package static func derivatives(
    of function: ([Double]) -> Double, at point: [Double], entries: [Int], step: Double = 1e-6
  ) -> [Double] {
    var moved = point
    return entries.map { entry in
      moved[entry] = point[entry] + step
      let above = function(moved)
      moved[entry] = point[entry] - step
      let below = function(moved)
      moved[entry] = point[entry]
      return (above - below) / (2 * step)
    }
  }
}
