package import Kernels
package import NeuralFields

// Fields whose pictures are known in closed form.

/// A field with the same density and radiance everywhere in the bound.
package struct HomogeneousField: RadianceField {
  package let bound: BoundingBox
  /// Per scene unit.
  package let density: Float
  package let radiance: SIMD3<Float>

  package init(bound: BoundingBox, density: Float, radiance: SIMD3<Float> = [1, 1, 1]) {
    self.bound = bound
    self.density = density
    self.radiance = radiance
  }

  package func evaluate(_ batch: inout FieldBatch) {
    for i in 0..<batch.count {
      batch.density[i] = density
      (batch.red[i], batch.green[i], batch.blue[i]) = (radiance.x, radiance.y, radiance.z)
    }
  }
}

/// A ball with a sharp or soft edge, each side in a colour of its own.
///
///     σ(x) = density · clamp((radius − |x − centre|) / edge, 0, 1)      c(x) = ½ + ½ (x − centre) / |x − centre|
package struct BallField: RadianceField {
  package let bound: BoundingBox
  package let centre: SIMD3<Float>
  package let radius: Float
  /// Per scene unit.
  package let density: Float
  /// Over which the density rises, scene units; 0 for a sharp edge.
  package let edge: Float

  package init(
    bound: BoundingBox = TinyModels.cube, centre: SIMD3<Float> = .zero, radius: Float = 0.6,
    density: Float = 50, edge: Float = 0
  ) {
    self.bound = bound
    self.centre = centre
    self.radius = radius
    self.density = density
    self.edge = edge
  }

  package func density(at point: SIMD3<Float>) -> Float {
    let depth = radius - (point - centre).length
    return depth <= 0 ? 0 : density * (edge > 0 ? min(1, depth / edge) : 1)
  }

  package func evaluate(_ batch: inout FieldBatch) {
    for i in 0..<batch.count {
      let point: SIMD3<Float> = [batch.x[i], batch.y[i], batch.z[i]]
      let offset = point - centre
      let radiance = 0.5 + offset / max(offset.length, 1e-6) * 0.5
      batch.density[i] = density(at: point)
      (batch.red[i], batch.green[i], batch.blue[i]) = (radiance.x, radiance.y, radiance.z)
    }
  }
}

extension RadianceField {
  /// The field at some points, seen from one direction.
  package func samples(
    at points: [SIMD3<Float>], direction: SIMD3<Float> = [0, 0, -1]
  ) -> (density: [Float], radiance: [SIMD3<Float>]) {
    var batch = FieldBatch(capacity: max(1, points.count))
    for point in points { batch.append(position: point, direction: direction) }
    evaluate(&batch)
    return (
      Array(batch.density[..<points.count]),
      points.indices.map { [batch.red[$0], batch.green[$0], batch.blue[$0]] }
    )
  }
}
