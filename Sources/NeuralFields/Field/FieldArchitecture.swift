package import Kernels

/// The hyperparameters of one field: what decides the names and shapes of its weights.
package struct FieldArchitecture: Sendable, Hashable, Codable {
  /// Octaves L of the positional encoding γ(p), 0…16: `3 + 6 L` inputs.
  package var positionOctaves: Int
  /// 1…16.
  package var hiddenLayerCount: Int
  /// Of every hidden layer, 16…256.
  package var width: Int
  /// Octaves of γ(d), 0…8; nil for a field that looks the same from all sides.
  package var directionOctaves: Int?
  /// Of the colour head's hidden layer, 16…256; only used with a view branch.
  package var colourWidth: Int
  package var densityActivation: DensityActivation
  /// Taken from the density output before its activation: a new field begins nearly empty.
  package var densityShift: Float
  /// Density for an activated output of 1, per half extent of the bound.
  package var densityScale: Float

  package init(
    positionOctaves: Int = 7, hiddenLayerCount: Int = 3, width: Int = 64,
    directionOctaves: Int? = nil, colourWidth: Int = 32,
    densityActivation: DensityActivation = .shiftedSoftplus, densityShift: Float = 1,
    densityScale: Float = 10
  ) {
    self.positionOctaves = positionOctaves
    self.hiddenLayerCount = hiddenLayerCount
    self.width = width
    self.directionOctaves = directionOctaves
    self.colourWidth = colourWidth
    self.densityActivation = densityActivation
    self.densityShift = densityShift
    self.densityScale = densityScale
  }

  /// The names, shapes and offsets of the weights, in the kernels' order.
  package var layout: ParameterLayout {
    var layout = ParameterLayout()
    func append(_ name: String, outputs: Int, inputs: Int) {
      layout.append("\(name).weight", outputs, inputs)
      layout.append("\(name).bias", outputs)
    }
    var inputs = 3 + 6 * positionOctaves
    for index in 0..<hiddenLayerCount {
      append("hidden.\(index)", outputs: width, inputs: inputs)
      inputs = width
    }
    if let directionOctaves {
      append("density", outputs: 1, inputs: inputs)
      append("colour", outputs: colourWidth, inputs: inputs + 3 + 6 * directionOctaves)
      append("radiance", outputs: 3, inputs: colourWidth)
    } else {
      append("output", outputs: 4, inputs: inputs)
    }
    return layout
  }

  /// The shape that the kernels work with, for a field over `bound`.
  ///
  /// Positions are normalised by the bound's largest half extent, the same on every axis, so that an
  /// octave of the encoding has one wavelength in all directions.
  package func kernelShape(over bound: BoundingBox) -> FieldKernelShape {
    let halfExtent = bound.extent.max() / 2
    return FieldKernelShape(
      positionOctaves: positionOctaves, hiddenLayerCount: hiddenLayerCount, width: width,
      directionOctaves: directionOctaves, colourWidth: colourWidth,
      densityActivation: densityActivation, densityShift: densityShift,
      densityScale: densityScale / halfExtent, centre: bound.centre, halfExtent: halfExtent)
  }
}
