import Foundation
package import Kernels

/// The field network of `field_kernels.h` in `Double`, one sample at a time, forward and backward.
package struct ReferenceField {
  package let shape: FieldKernelShape
  private let weights: [Double]
  private let hidden: [Layer]
  /// Without a view branch: all four outputs.
  private let output: Layer
  private let density: Layer
  private let colour: Layer
  private let radiance: Layer

  private struct Layer {
    let inputs: Int
    let outputs: Int
    let weight: Int
    var bias: Int { weight + inputs * outputs }
    var end: Int { bias + outputs }
  }

  package init(shape: FieldKernelShape, weights: [Double]) {
    self.shape = shape
    self.weights = weights
    var offset = 0
    func layer(_ inputs: Int, _ outputs: Int) -> Layer {
      let layer = Layer(inputs: inputs, outputs: outputs, weight: offset)
      offset = layer.end
      return layer
    }
    var hidden: [Layer] = []
    var inputs = 3 + 6 * shape.positionOctaves
    for _ in 0..<shape.hiddenLayerCount {
      hidden.append(layer(inputs, shape.width))
      inputs = shape.width
    }
    self.hidden = hidden
    if let octaves = shape.directionOctaves {
      density = layer(inputs, 1)
      colour = layer(inputs + 3 + 6 * octaves, shape.colourWidth)
      radiance = layer(shape.colourWidth, 3)
      output = density
    } else {
      output = layer(inputs, 4)
      (density, colour, radiance) = (output, output, output)
    }
    precondition(
      offset == weights.count, "found \(weights.count) weights, expected \(offset) for \(shape)")
  }

  /// The stretches of the flat weights that belong to one matrix or one bias.
  package var tensors: [Range<Int>] {
    let layers =
      hidden + (shape.directionOctaves == nil ? [output] : [density, colour, radiance])
    return layers.flatMap { [$0.weight..<$0.bias, $0.bias..<$0.end] }
  }

  /// Every value on the way from a position to density and radiance.
  private struct Pass {
    var activations: [[Double]] = []
    var colourInput: [Double] = []
    var colourHidden: [Double] = []
    /// The density and colour outputs before their activations.
    var raw: [Double] = []
    var sample = ReferenceMath.Sample(density: 0, radiance: .zero)
  }

  package func evaluate(
    position: SIMD3<Float>, direction: SIMD3<Float>
  ) -> ReferenceMath.Sample {
    pass(position: position, direction: direction).sample
  }

  /// At a position that is already normalised to the bound, so in double precision throughout.
  package func evaluate(
    normalised position: SIMD3<Double>, direction: SIMD3<Float>
  ) -> ReferenceMath.Sample {
    pass(normalised: position, direction: direction).sample
  }

  /// The normalised position is the kernels' own single-precision number: at 16 octaves its last bit
  /// decides the encoding.
  package func normalised(_ position: SIMD3<Float>) -> SIMD3<Double> {
    SIMD3<Double>((position - shape.centre) * (1 / shape.halfExtent))
  }

  private func pass(position: SIMD3<Float>, direction: SIMD3<Float>) -> Pass {
    pass(normalised: normalised(position), direction: direction)
  }

  private func pass(normalised p: SIMD3<Double>, direction: SIMD3<Float>) -> Pass {
    var pass = Pass()
    pass.activations = [ReferenceMath.positionalEncoding(p, octaves: shape.positionOctaves)]
    var last = pass.activations[0]
    for layer in hidden {
      last = apply(layer, to: last).map { max($0, 0) }
      pass.activations.append(last)
    }
    if let octaves = shape.directionOctaves {
      let encoded = ReferenceMath.positionalEncoding(SIMD3<Double>(direction), octaves: octaves)
      pass.colourInput = last + encoded
      pass.colourHidden = apply(colour, to: pass.colourInput).map { max($0, 0) }
      pass.raw = apply(density, to: last) + apply(radiance, to: pass.colourHidden)
    } else {
      pass.raw = apply(output, to: last)
    }
    let c = pass.raw[1...].map(ReferenceMath.sigmoid)
    pass.sample = ReferenceMath.Sample(
      density: density(ofOutput: pass.raw[0]), radiance: [c[0], c[1], c[2]])
    return pass
  }

  private func apply(_ layer: Layer, to x: [Double]) -> [Double] {
    ReferenceMath.affine(
      weights, weightOffset: layer.weight, biasOffset: layer.bias, outputs: layer.outputs, of: x)
  }

  private func density(ofOutput s: Double) -> Double {
    let x = s - Double(shape.densityShift)
    let scale = Double(shape.densityScale)
    return switch shape.densityActivation {
    case .shiftedSoftplus: scale * ReferenceMath.softplus(x)
    case .truncatedExponential: scale * exp(min(x, 11))
    }
  }

  private func densityDerivative(ofOutput s: Double) -> Double {
    let x = s - Double(shape.densityShift)
    let scale = Double(shape.densityScale)
    return switch shape.densityActivation {
    case .shiftedSoftplus: scale * ReferenceMath.sigmoid(x)
    case .truncatedExponential: x < 11 ? scale * exp(x) : 0
    }
  }

  /// ∂L/∂weights over some samples.
  package struct Gradient {
    /// Σ over samples.
    package fileprivate(set) var sum: [Double]
    /// The same of the samples' magnitudes: what rounding errors are in proportion to.
    package fileprivate(set) var magnitude: [Double]

    package init(count: Int) {
      sum = [Double](repeating: 0, count: count)
      magnitude = sum
    }
  }

  /// Adds ∂L/∂weights of one sample; returns its ∂L/∂position, per scene unit.
  @discardableResult
  package func accumulateGradient(
    position: SIMD3<Float>, direction: SIMD3<Float>, densityGradient: Double,
    radianceGradient: SIMD3<Double>, into gradient: inout Gradient
  ) -> SIMD3<Double> {
    let pass = pass(position: position, direction: direction)
    let last = pass.activations[hidden.count]
    let c = pass.sample.radiance
    let u = radianceGradient * c * (SIMD3(repeating: 1) - c)
    let s = densityGradient * densityDerivative(ofOutput: pass.raw[0])
    var slopes: [Double]
    if shape.directionOctaves != nil {
      var fromColour = propagate(
        [u.x, u.y, u.z], through: radiance, input: pass.colourHidden, into: &gradient)
      for k in fromColour.indices where pass.colourHidden[k] <= 0 { fromColour[k] = 0 }
      let fromBranch = propagate(
        fromColour, through: colour, input: pass.colourInput, into: &gradient)
      let fromDensity = propagate([s], through: density, input: last, into: &gradient)
      slopes = last.indices.map { fromBranch[$0] + fromDensity[$0] }
    } else {
      slopes = propagate([s, u.x, u.y, u.z], through: output, input: last, into: &gradient)
    }
    for index in hidden.indices.reversed() {
      for k in slopes.indices where pass.activations[index + 1][k] <= 0 { slopes[k] = 0 }
      slopes = propagate(
        slopes, through: hidden[index], input: pass.activations[index], into: &gradient)
    }
    return positionGradient(encodingGradient: slopes, encoding: pass.activations[0])
  }

  /// ∂L/∂position through γ, given ∂L/∂γ and γ.
  private func positionGradient(encodingGradient g: [Double], encoding: [Double]) -> SIMD3<Double> {
    var result = SIMD3(g[0], g[1], g[2])
    for octave in 0..<shape.positionOctaves {
      let sine = 3 + 6 * octave
      let factor = Double.pi * Double(1 << octave)
      for axis in 0..<3 {
        let (s, c) = (sine + axis, sine + 3 + axis)
        result[axis] += factor * (g[s] * encoding[c] - g[c] * encoding[s])
      }
    }
    return result / Double(shape.halfExtent)
  }

  /// ∂L/∂W += g xᵀ and ∂L/∂b += g; returns ∂L/∂x = Wᵀ g.
  private func propagate(
    _ g: [Double], through layer: Layer, input x: [Double], into gradient: inout Gradient
  ) -> [Double] {
    var inputGradient = [Double](repeating: 0, count: x.count)
    for output in g.indices where g[output] != 0 {
      let row = layer.weight + output * x.count
      for k in x.indices {
        let slope = g[output] * x[k]
        gradient.sum[row + k] += slope
        gradient.magnitude[row + k] += abs(slope)
        inputGradient[k] += g[output] * weights[row + k]
      }
      gradient.sum[layer.bias + output] += g[output]
      gradient.magnitude[layer.bias + output] += abs(g[output])
    }
    return inputGradient
  }
}
