import NeuralFields

extension BoundingBox {
  /// The box between two corners, widened where it is so flat that single precision cannot divide it.
  init(atLeastAround minimum: SIMD3<Float>, _ maximum: SIMD3<Float>) {
    let greatest = pointwiseMax(minimum.magnitudes, maximum.magnitudes).max()
    let least = SIMD3<Float>(repeating: 1e-4 * greatest + 1e-6)
    let missing = pointwiseMax(least - (maximum - minimum), .zero) * 0.5
    self.init(minimum: minimum - missing, maximum: maximum + missing)
  }
}

extension SIMD3<Float> {
  /// Each component without its sign.
  var magnitudes: SIMD3<Float> { [abs(x), abs(y), abs(z)] }
}
