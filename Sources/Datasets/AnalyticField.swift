package import Kernels
package import NeuralFields

/// A radiance field in closed form: the ground truth that pictures and networks are held against.
///
///     σ(x) = Σᵢ σᵢ(dᵢ(x))    c(x) = Σᵢ σᵢ(dᵢ(x)) cᵢ(x) / σ(x)
///
/// over the shapes, with dᵢ the signed distance to shape i. Outside `bound` the density is 0. Radiance
/// does not depend on the view direction; where nothing is, it is 0.
package struct AnalyticField: RadianceField, Equatable {
  package let bound: BoundingBox
  package let shapes: [AnalyticShape]
  package let light: SceneLight?

  /// The ball around each shape outside which it is empty: its centre, and in w its squared radius.
  private let balls: [SIMD4<Float>]

  package init(shapes: [AnalyticShape], bound: BoundingBox, light: SceneLight? = nil) {
    self.shapes = shapes
    self.bound = bound
    self.light = light
    balls = shapes.map { SIMD4($0.centre, $0.reach * $0.reach) }
  }

  /// - Parameter time: 0…1; of no effect on a scene at rest.
  package init(_ scene: SceneDescription, time: Float = 0) {
    self.init(
      shapes: scene.still(at: time).shapes.map(\.shape), bound: scene.bound, light: scene.light)
  }

  package func evaluate(_ batch: inout FieldBatch) {
    for sample in 0..<batch.count {
      let (density, radiance) = densityAndRadiance(
        at: [batch.x[sample], batch.y[sample], batch.z[sample]])
      batch.density[sample] = density
      batch.red[sample] = radiance.x
      batch.green[sample] = radiance.y
      batch.blue[sample] = radiance.z
    }
  }

  /// A density that no point of a ball exceeds, σ per scene unit.
  ///
  /// Signed distances change by at most the way that is gone, so each shape is at least that near its
  /// surface. For an occupancy grid, which single samples would let miss what is thinner than a cell.
  ///
  /// - Parameter radius: of the ball around `point`, scene units, ≥ 0.
  package func largestDensity(within radius: Float, of point: SIMD3<Float>) -> Float {
    shapes.reduce(0) { sum, shape in
      let distance = shape.geometry.signedDistance(at: shape.localPosition(of: point))
      return sum + shape.density(atDistance: distance - radius)
    }
  }

  /// The field at one scene point: σ per scene unit, and radiance in [0, 1].
  private func densityAndRadiance(
    at point: SIMD3<Float>
  ) -> (density: Float, radiance: SIMD3<Float>) {
    guard bound.contains(point) else { return (0, .zero) }
    var sum: Float = 0
    var radiance = SIMD3<Float>.zero
    for index in balls.indices {
      let ball = balls[index]
      let offset = point - SIMD3(ball.x, ball.y, ball.z)
      guard offset.dot(offset) <= ball.w else { continue }
      let shape = shapes[index]
      let local = shape.localPosition(of: point)
      let density = shape.density(atDistance: shape.geometry.signedDistance(at: local))
      guard density > 0 else { continue }
      sum += density
      radiance += shape.colouring.radiance(at: local) * (density * shading(of: shape, at: local))
    }
    // The mean of ones can round to more than 1.
    return sum > 0 ? (sum, pointwiseMin(radiance / sum, SIMD3(repeating: 1))) : (0, .zero)
  }

  /// The share of its colour that a shape shows at a point, in [0, 1].
  ///
  ///     a + (1 − a) (½ + ½ n·l)
  ///
  /// with n the gradient of the signed distance, l the direction to the light and a the ambient share:
  /// the cosine law wrapped around the shape, so that the far side keeps its form.
  ///
  /// - Parameter p: in the shape's own coordinates.
  private func shading(of shape: AnalyticShape, at p: SIMD3<Float>) -> Float {
    guard let light, !shape.glows else { return 1 }
    // Differences along the four corners of a tetrahedron add up to a multiple of the gradient.
    func corner(_ direction: SIMD3<Float>) -> SIMD3<Float> {
      direction * shape.geometry.signedDistance(at: p + direction * 1e-3)
    }
    let gradient =
      corner([1, -1, -1]) + corner([-1, 1, -1]) + corner([-1, -1, 1]) + corner([1, 1, 1])
    let length = gradient.length
    // On a medial surface there is no nearest point to look away from.
    guard length > 0 else { return light.ambient + (1 - light.ambient) * 0.5 }
    let normal =
      (shape.axisX * gradient.x + shape.axisY * gradient.y + shape.axisZ * gradient.z) / length
    let facing = min(max(normal.dot(light.direction), -1), 1)
    return light.ambient + (1 - light.ambient) * (0.5 + 0.5 * facing)
  }
}

extension AnalyticField {
  /// A ball or box of one density and colour with a sharp surface, centred in its bound.
  ///
  /// Along a way of length L through it, the opacity is 1 − e^(−σL) exactly.
  ///
  /// - Parameters:
  ///   - density: σ per scene unit, > 0.
  ///   - radiance: in [0, 1].
  package static func homogeneous(
    _ geometry: AnalyticShape.Geometry, density: Float, radiance: SIMD3<Float>,
    bound: BoundingBox
  ) -> AnalyticField {
    AnalyticField(
      shapes: [
        AnalyticShape(
          geometry: geometry, centre: bound.centre, peakDensity: density, softness: 0,
          colouring: .plain(radiance))
      ], bound: bound)
  }
}
