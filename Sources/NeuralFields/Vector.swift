/// Three-component vector geometry that the standard library's SIMD types leave out.
extension SIMD3<Float> {
  @inlinable package func dot(_ other: SIMD3<Float>) -> Float { (self * other).sum() }

  @inlinable package func cross(_ other: SIMD3<Float>) -> SIMD3<Float> {
    [
      y * other.z - z * other.y,
      z * other.x - x * other.z,
      x * other.y - y * other.x,
    ]
  }

  @inlinable package var length: Float { dot(self).squareRoot() }

  /// The unit vector of the same direction; not a number for the zero vector.
  @inlinable package var normalised: SIMD3<Float> { self / length }
}
