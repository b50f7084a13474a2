package import NeuralFields

/// A half-line through the scene, and the stretch of it that lies within the scene bound.
package struct Ray: Sendable, Hashable {
  /// Scene units.
  package var origin: SIMD3<Float>
  /// Unit length.
  package var direction: SIMD3<Float>
  /// Where the ray enters and leaves the bound: distances from `origin`, scene units,
  /// 0 ≤ `tNear` < `tFar`.
  package var tNear: Float
  package var tFar: Float

  package init(origin: SIMD3<Float>, direction: SIMD3<Float>, tNear: Float, tFar: Float) {
    self.origin = origin
    self.direction = direction
    self.tNear = tNear
    self.tFar = tFar
  }

  /// Cuts a half-line to a box by intersecting its three slabs (Kay and Kajiya 1986).
  ///
  ///     t± = (box± − o) / d per axis;   tNear = max over axes of the smaller, tFar = min of the larger
  ///
  /// A direction component of zero leaves that axis unbounded, or the box missed where the origin
  /// lies outside the slab; a ray that slides along a face meets the box.
  ///
  /// - Parameter near: the distance before which nothing is seen, scene units, ≥ 0.
  /// - Returns: nil where the box is missed.
  package init?(
    origin: SIMD3<Float>, direction: SIMD3<Float>, within box: BoundingBox, near: Float = 0
  ) {
    var tNear = near
    var tFar = Float.infinity
    for axis in 0..<3 {
      if direction[axis] == 0 {
        guard box.minimum[axis] <= origin[axis] && origin[axis] <= box.maximum[axis] else {
          return nil
        }
        continue
      }
      let first = (box.minimum[axis] - origin[axis]) / direction[axis]
      let second = (box.maximum[axis] - origin[axis]) / direction[axis]
      tNear = Float.maximum(tNear, Float.minimum(first, second))
      tFar = Float.minimum(tFar, Float.maximum(first, second))
    }
    // A direction of no length, or one that is not a number, leaves the far end open.
    guard tNear < tFar, tFar.isFinite else { return nil }
    self.init(origin: origin, direction: direction, tNear: tNear, tFar: tFar)
  }

  @inline(__always)
  package func position(at t: Float) -> SIMD3<Float> { origin + direction * t }
}
