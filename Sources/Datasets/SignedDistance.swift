/// The signed distance to each kind of analytic shape, in closed form and exact.
import NeuralFields

extension AnalyticShape.Geometry {
  /// The distance to the nearest point of the surface, negative inside, scene units.
  ///
  /// (The forms of Quilez, https://iquilezles.org/articles/distfunctions/.) All are exact
  /// distances, inside and outside, so that a softness means the same width on every shape.
  ///
  /// - Parameter p: in the shape's own coordinates.
  package func signedDistance(at p: SIMD3<Float>) -> Float {
    switch self {
    case .sphere(let radius):
      return p.length - radius
    case .box(let halfExtent, let rounding):
      let q = absolute(p) - halfExtent + rounding
      return pointwiseMax(q, .zero).length + min(q.max(), 0) - rounding
    case .torus(let radius, let tubeRadius):
      return length(length(p.x, p.y) - radius, p.z) - tubeRadius
    case .capsule(let halfLength, let radius):
      return length(length(p.x, p.y), max(abs(p.z) - halfLength, 0)) - radius
    case .cone(let halfLength, let bottomRadius, let topRadius):
      return Self.coneDistance(
        at: p, halfLength: halfLength, bottomRadius: bottomRadius, topRadius: topRadius)
    case .disc(let radius, let halfThickness, let rounding):
      let across = length(p.x, p.y) - radius + rounding
      let along = abs(p.z) - halfThickness + rounding
      return length(max(across, 0), max(along, 0)) + min(max(across, along), 0) - rounding
    case .slab(let halfThickness):
      return abs(p.z) - halfThickness
    case .halfSpace:
      return p.z
    }
  }

  /// The distance to a cut cone: in the half-plane of z and the distance from the axis, the smaller
  /// of the distances to the flat ends and to the slanted side.
  private static func coneDistance(
    at p: SIMD3<Float>, halfLength: Float, bottomRadius: Float, topRadius: Float
  ) -> Float {
    let across = length(p.x, p.y)

    let endRadius = p.z < 0 ? bottomRadius : topRadius
    let beyondEnd = abs(p.z) - halfLength
    let toEnd = SIMD2(max(across - endRadius, 0), beyondEnd)

    // The side runs from (bottomRadius, −halfLength) to (topRadius, halfLength); `share` is the
    // place on it that lies nearest.
    let side = SIMD2(topRadius - bottomRadius, 2 * halfLength)
    let fromBottom = SIMD2(across - bottomRadius, p.z + halfLength)
    let share = min(max((fromBottom * side).sum() / (side * side).sum(), 0), 1)
    let toSide = fromBottom - side * share

    let isInside = toSide.x < 0 && beyondEnd < 0
    let square = min((toEnd * toEnd).sum(), (toSide * toSide).sum())
    return isInside ? -square.squareRoot() : square.squareRoot()
  }
}

private func absolute(_ p: SIMD3<Float>) -> SIMD3<Float> { [abs(p.x), abs(p.y), abs(p.z)] }

private func length(_ a: Float, _ b: Float) -> Float { (a * a + b * b).squareRoot() }
