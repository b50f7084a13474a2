internal import CFieldKernels

/// The map from a network's density output to density.
package enum DensityActivation: String, Sendable, Codable, CaseIterable {
  /// σ = scale · softplus(s − shift).
  case shiftedSoftplus = "shifted-softplus"
  /// σ = scale · exp(s − shift), constant past s − shift = 11.
  case truncatedExponential = "truncated-exponential"
}

/// The shape of one field network, and the constants of its input and output maps.
///
/// The network itself is written down at the top of `field_kernels.h`.
package struct FieldKernelShape: Sendable, Hashable {
  /// Octaves L of the positional encoding, 0…16.
  package var positionOctaves: Int
  /// 1…16.
  package var hiddenLayerCount: Int
  /// Of every hidden layer, 1…256.
  package var width: Int
  /// Octaves of the direction's encoding, 0…8; nil for a field that is the same from all sides.
  package var directionOctaves: Int?
  /// Of the colour head's hidden layer, 1…256; ignored without a view branch.
  package var colourWidth: Int
  package var densityActivation: DensityActivation
  package var densityShift: Float
  /// Per scene unit.
  package var densityScale: Float
  /// The point that is encoded as the origin, scene units.
  package var centre: SIMD3<Float>
  /// The length that is encoded as 1, scene units.
  package var halfExtent: Float

  package init(
    positionOctaves: Int, hiddenLayerCount: Int, width: Int, directionOctaves: Int?,
    colourWidth: Int, densityActivation: DensityActivation, densityShift: Float,
    densityScale: Float, centre: SIMD3<Float>, halfExtent: Float
  ) {
    func expect(_ name: String, _ value: Int, in range: ClosedRange<Int>) {
      precondition(range.contains(value), "found \(value) \(name), expected \(range)")
    }
    expect("position octaves", positionOctaves, in: 0...16)
    expect("hidden layers", hiddenLayerCount, in: 1...16)
    expect("units in a hidden layer", width, in: 1...256)
    expect("units in the colour head", colourWidth, in: 1...256)
    if let directionOctaves { expect("direction octaves", directionOctaves, in: 0...8) }
    precondition(halfExtent > 0, "found half extent \(halfExtent), expected a positive one")
    self.positionOctaves = positionOctaves
    self.hiddenLayerCount = hiddenLayerCount
    self.width = width
    self.directionOctaves = directionOctaves
    self.colourWidth = colourWidth
    self.densityActivation = densityActivation
    self.densityShift = densityShift
    self.densityScale = densityScale
    self.centre = centre
    self.halfExtent = halfExtent
  }

  /// The number of weights and biases.
  package var weightCount: Int {
    var field = cField
    return unsafe fk_weight_count(&field)
  }

  /// Multiply-adds of one evaluation, the products of all layers.
  package var multiplyAddCount: Int {
    let inputs = 3 + 6 * positionOctaves
    let hidden = inputs * width + (hiddenLayerCount - 1) * width * width
    guard let directionOctaves else { return hidden + 4 * width }
    return hidden + width + colourWidth * (width + 3 + 6 * directionOctaves) + 3 * colourWidth
  }

  var cField: fk_field {
    fk_field(
      position_octaves: Int32(positionOctaves), hidden_layer_count: Int32(hiddenLayerCount),
      width: Int32(width), direction_octaves: Int32(directionOctaves ?? -1),
      colour_width: Int32(colourWidth),
      density_activation: densityActivation == .shiftedSoftplus ? 0 : 1,
      density_shift: densityShift, density_scale: densityScale,
      centre: (centre.x, centre.y, centre.z), inverse_half_extent: 1 / halfExtent)
  }
}
