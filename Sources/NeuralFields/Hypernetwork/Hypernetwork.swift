package import Kernels

/// A network that makes the weights of another: from a latent code to all weights of a field.
///
///     x₀ = z      xᵢ₊₁ = φ(Tᵢ xᵢ + tᵢ)      h = x_n      weights = generator(h)
///
/// (Ha, Dai and Le 2016, https://arxiv.org/abs/1609.09106.) It knows of its target only the layout:
/// names, shapes and offsets.
package struct Hypernetwork: Sendable {
  package let architecture: HypernetworkArchitecture
  /// Of the network whose weights it makes.
  package let target: ParameterLayout
  /// Of its own parameters.
  package let layout: ParameterLayout
  /// `[layout.count]`.
  package var parameters: [Float]

  private let trunk: [LinearMap]
  private let generator: any WeightGenerator

  /// A hypernetwork with given parameters.
  ///
  /// - Precondition: `parameters`, where given, has the length of the layout.
  package init(
    architecture: HypernetworkArchitecture, target: ParameterLayout, parameters: [Float]
  ) {
    self.init(architecture: architecture, target: target)
    precondition(
      parameters.count == layout.count,
      "found \(parameters.count) parameters, expected \(layout.count)")
    self.parameters = parameters
  }

  /// A new hypernetwork, initialised for the network that it generates.
  package init(
    architecture: HypernetworkArchitecture, target: ParameterLayout,
    generator random: inout SeededGenerator
  ) {
    self.init(architecture: architecture, target: target)
    parameters = [Float](repeating: 0, count: layout.count)
    for map in trunk {
      fillNormal(
        &parameters, map.weightOffset..<map.weightOffset + map.inputs * map.outputs,
        deviation: HypernetworkInitialization.trunkDeviation(inputs: map.inputs),
        generator: &random)
    }
    generator.initialize(&parameters, generator: &random)
  }

  /// The layout alone: nothing is allocated for the parameters.
  private init(architecture: HypernetworkArchitecture, target: ParameterLayout) {
    var layout = ParameterLayout()
    var trunk: [LinearMap] = []
    var inputs = architecture.latentWidth
    for (index, width) in architecture.trunkWidths.enumerated() {
      let weightOffset = layout.append("trunk.\(index).weight", width, inputs)
      let biasOffset = layout.append("trunk.\(index).bias", width)
      trunk.append(
        LinearMap(
          inputs: inputs, outputs: width, weightOffset: weightOffset, biasOffset: biasOffset))
      inputs = width
    }
    switch architecture.generator {
    case .perLayer:
      generator = PerLayerGenerator(target: target, architecture: architecture, layout: &layout)
    case .lowRank(let rank):
      generator = LowRankGenerator(
        rank: rank, target: target, architecture: architecture, layout: &layout)
    case .chunked(let chunkLength, let embeddingWidth):
      generator = ChunkedGenerator(
        chunkLength: chunkLength, embeddingWidth: embeddingWidth, target: target,
        architecture: architecture, layout: &layout)
    }
    self.architecture = architecture
    self.target = target
    self.layout = layout
    self.trunk = trunk
    parameters = []
  }

  /// The names and shapes of the parameters of a hypernetwork of this kind.
  package static func layout(
    architecture: HypernetworkArchitecture, target: ParameterLayout
  ) -> ParameterLayout {
    Hypernetwork(architecture: architecture, target: target).layout
  }

  /// The weights of one scene's field.
  package func weights(for code: LatentCode, threadCount: Int = 1) -> FieldWeights {
    FieldWeights(forward(codes: code.values, batch: 1, threadCount: threadCount).weights)
  }

  /// What a forward pass over a batch of codes computed, kept for `backward`.
  package struct Pass: Sendable {
    package let batch: Int
    /// The weights of every scene's field, `[batch × target.count]`.
    package fileprivate(set) var weights: [Float]
    /// The input of every trunk layer, and last the features.
    fileprivate var inputs: [[Float]]
    /// Every trunk layer's output before its activation.
    fileprivate var sums: [[Float]]
    fileprivate var saved: [Float]
  }

  /// Codes to weights, for a batch of scenes.
  ///
  /// - Parameter codes: `[batch × latentWidth]`.
  package func forward(codes: [Float], batch: Int, threadCount: Int) -> Pass {
    precondition(
      codes.count == batch * architecture.latentWidth,
      "found \(codes.count) values, expected \(batch)×\(architecture.latentWidth)")
    var pass = Pass(
      batch: batch, weights: [Float](repeating: 0, count: batch * target.count), inputs: [codes],
      sums: [], saved: [])
    var features = codes
    for map in trunk {
      var sums = [Float](repeating: 0, count: batch * map.outputs)
      map.forward(
        features, batch: batch, parameters: parameters, into: &sums, threadCount: threadCount)
      features = LeakyReLU.values(of: sums)
      pass.sums.append(sums)
      pass.inputs.append(features)
    }
    pass.saved = generator.forward(
      features: features, batch: batch, parameters: parameters, weights: &pass.weights,
      threadCount: threadCount)
    return pass
  }

  /// Adds ∂L/∂parameters and ∂L/∂codes, given ∂L/∂weights.
  ///
  /// - Parameters:
  ///   - weightGradient: `[batch × target.count]`.
  ///   - parameterGradient: `[layout.count]`, accumulated.
  ///   - codeGradient: `[batch × latentWidth]`, accumulated.
  package func backward(
    _ pass: Pass, weightGradient: [Float], parameterGradient: inout [Float],
    codeGradient: inout [Float], threadCount: Int
  ) {
    var gradient = [Float](repeating: 0, count: pass.inputs[trunk.count].count)
    generator.backward(
      weightGradient: weightGradient, features: pass.inputs[trunk.count], saved: pass.saved,
      batch: pass.batch, parameters: parameters, parameterGradient: &parameterGradient,
      featureGradient: &gradient, threadCount: threadCount)
    for (index, map) in trunk.enumerated().reversed() {
      LeakyReLU.multiplyByDerivative(&gradient, at: pass.sums[index])
      map.accumulateParameterGradient(
        gradient, of: pass.inputs[index], batch: pass.batch, into: &parameterGradient,
        threadCount: threadCount)
      var inputGradient = [Float](repeating: 0, count: pass.inputs[index].count)
      map.accumulateInputGradient(
        gradient, batch: pass.batch, parameters: parameters, into: &inputGradient,
        threadCount: threadCount)
      gradient = inputGradient
    }
    for index in codeGradient.indices { codeGradient[index] += gradient[index] }
  }
}
