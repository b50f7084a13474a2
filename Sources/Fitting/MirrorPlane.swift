import Kernels
package import NeuralFields

/// A plane across an axis in which scenes look like their own mirror images, as cars do.
///
/// A picture of a symmetric object is also one of it from the mirrored camera, so a fit from one picture
/// knows two sides.
package struct MirrorPlane: Sendable, Hashable {
  /// 0, 1 or 2: the axis that the plane is perpendicular to.
  package let axis: Int
  /// Where on the axis the plane lies, scene units.
  package let offset: Float
  /// How alike scenes and mirror images are, 0…1.
  package let likeness: Float

  package init(axis: Int, offset: Float, likeness: Float) {
    self.axis = axis
    self.offset = offset
    self.likeness = likeness
  }

  /// The likeness from which a class of scenes counts as symmetric.
  static let threshold: Float = 0.8

  /// Points at which fields are compared.
  private static let pointCount = 4096

  /// The plane through a point in which some fields are the most alike, if they are alike enough.
  ///
  ///     likeness = 1 − Σ |αp − αq| / Σ (αp + αq)        α = 1 − e^(−σδ), δ a fiftieth of the diagonal
  ///
  /// over random points p of the bound whose mirror images q lie in it too. A horizontal plane is not
  /// tried: what things stand on differs from what is above them.
  package init?(
    of fields: [CoordinateMLP], through point: SIMD3<Float>, bound: BoundingBox, threadCount: Int
  ) {
    let step = bound.diagonal / 50
    let candidates = ParallelLoop.map(count: 2, threadCount: threadCount) { axis in
      let plane = MirrorPlane(axis: axis, offset: point[axis], likeness: 0)
      var random = SeededGenerator(seed: 7, UInt64(axis))
      var places: [(SIMD3<Float>, SIMD3<Float>)] = []
      for _ in 0..<Self.pointCount {
        let share = SIMD3(random.uniform(), random.uniform(), random.uniform())
        let place = bound.minimum + bound.extent * share
        let image = plane.mirrored(place)
        if bound.contains(image) { places.append((place, image)) }
      }
      guard !places.isEmpty else { return plane }
      var batch = FieldBatch(capacity: 2 * places.count)
      for (place, image) in places {
        batch.append(position: place, direction: [0, 0, -1])
        batch.append(position: image, direction: [0, 0, -1])
      }
      var (difference, sum) = (0.0, 0.0)
      for field in fields {
        field.evaluate(&batch)
        for pair in places.indices {
          let first = 1 - Double(Exponential.decay(batch.density[2 * pair] * step))
          let second = 1 - Double(Exponential.decay(batch.density[2 * pair + 1] * step))
          difference += abs(first - second)
          sum += first + second
        }
      }
      let likeness = sum > 0 ? Float(1 - difference / sum) : 0
      return MirrorPlane(axis: axis, offset: point[axis], likeness: likeness)
    }
    let best = candidates[0].likeness >= candidates[1].likeness ? candidates[0] : candidates[1]
    guard best.likeness >= Self.threshold else { return nil }
    self = best
  }

  /// The mirror image of a point.
  package func mirrored(_ point: SIMD3<Float>) -> SIMD3<Float> {
    var image = point
    image[axis] = 2 * offset - point[axis]
    return image
  }

  /// The mirror image of a direction, or of a gradient.
  package func mirrored(direction: SIMD3<Float>) -> SIMD3<Float> {
    var image = direction
    image[axis] = -direction[axis]
    return image
  }
}
