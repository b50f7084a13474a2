/// An axis-aligned box in scene units: the part of space a field is defined over.
package struct BoundingBox: Sendable, Hashable {
  /// The corner with the smallest coordinates, scene units.
  package var minimum: SIMD3<Float>
  /// The corner with the largest coordinates, scene units.
  package var maximum: SIMD3<Float>

  /// - Precondition: every extent is finite and positive.
  package init(minimum: SIMD3<Float>, maximum: SIMD3<Float>) {
    let extent = maximum - minimum
    precondition(
      (0..<3).allSatisfy { extent[$0] > 0 && extent[$0].isFinite },
      "found box \(minimum) … \(maximum), expected positive finite extents")
    self.minimum = minimum
    self.maximum = maximum
  }

  package var extent: SIMD3<Float> { maximum - minimum }
  package var centre: SIMD3<Float> { (minimum + maximum) * 0.5 }

  /// The length of the longest way through the box, scene units.
  package var diagonal: Float { (extent * extent).sum().squareRoot() }

  package func contains(_ point: SIMD3<Float>) -> Bool {
    all(point .>= minimum) && all(point .<= maximum)
  }

  /// The box grown on every side by a share of its largest extent.
  package func expanded(byShare share: Float) -> BoundingBox {
    let margin = SIMD3(repeating: extent.max() * share)
    return BoundingBox(minimum: minimum - margin, maximum: maximum + margin)
  }

  /// The smallest box that holds both.
  package func union(_ other: BoundingBox) -> BoundingBox {
    BoundingBox(
      minimum: pointwiseMin(minimum, other.minimum), maximum: pointwiseMax(maximum, other.maximum))
  }
}

extension BoundingBox: Codable {
  private enum CodingKeys: String, CodingKey {
    case minimum, maximum
  }

  /// - Throws: `DecodingError` for corners that make no box.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let minimum = try container.decode(SIMD3<Float>.self, forKey: .minimum)
    let maximum = try container.decode(SIMD3<Float>.self, forKey: .maximum)
    let extent = maximum - minimum
    guard (0..<3).allSatisfy({ extent[$0] > 0 && extent[$0].isFinite }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .maximum, in: container,
        debugDescription: "found \(minimum) … \(maximum), expected positive finite extents")
    }
    self.init(minimum: minimum, maximum: maximum)
  }
}
