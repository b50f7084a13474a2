/// What a pixel's error costs, and its derivative.
package enum Loss {
  /// The mean squared error of the three channels.
  ///
  ///     L = |C − target|² / 3
  package static func squaredError(_ pixel: SIMD3<Float>, target: SIMD3<Float>) -> Double {
    let error = pixel - target
    return Double((error * error).sum()) / 3
  }

  /// λ times the mean square of a batch of codes; its gradient is added.
  ///
  ///     L = λ Σ z² / n      ∂L/∂z = 2 λ z / n
  package static func latentPenalty(
    codes: [Float], weight: Float, gradient: inout [Float]
  ) -> Double {
    let scale = weight / Float(codes.count)
    var sum = 0.0
    for (index, value) in codes.enumerated() {
      sum += Double(value * value)
      gradient[index] += 2 * scale * value
    }
    return sum * Double(scale)
  }
}
