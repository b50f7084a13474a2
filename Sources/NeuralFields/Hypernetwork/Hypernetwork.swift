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

  /// The memory of a forward and a backward pass over a batch of codes, used again by the next.
  package struct Pass: Sendable {
    package fileprivate(set) var batch = 0
    /// The weights of every scene's field, `[batch × target.count]`.
    package fileprivate(set) var weights: [Float] = []
    /// ∂L/∂weights, `[batch × target.count]`: for the caller to fill in before the backward pass.
    package var weightGradient: [Float] = []
    /// ∂L/∂codes, `[batch × latentWidth]`, from the backward pass.
    package var codeGradient: [Float] { gradients[0] }
    /// The input of every trunk layer, and last the features.
    fileprivate var inputs: [[Float]] = []
    /// Every trunk layer's output before its activation.
    fileprivate var sums: [[Float]] = []
    /// ∂L/∂codes, and behind it ∂L/∂sums of every trunk layer.
    fileprivate var gradients: [[Float]] = []
    fileprivate var workspace = GeneratorWorkspace()

    package init() {}
  }

  /// Codes to weights, for a batch of scenes.
  ///
  /// - Parameter codes: `[batch × latentWidth]`.
  package func forward(codes: [Float], batch: Int, threadCount: Int) -> Pass {
    var pass = Pass()
    forward(codes: codes, batch: batch, into: &pass, threadCount: threadCount)
    return pass
  }

  /// Codes to weights, for a batch of scenes, in memory that is there.
  package func forward(codes: [Float], batch: Int, into pass: inout Pass, threadCount: Int) {
    precondition(
      codes.count == batch * architecture.latentWidth,
      "found \(codes.count) values, expected \(batch)×\(architecture.latentWidth)")
    prepare(&pass, batch: batch)
    pass.inputs[0] = codes
    for (index, map) in trunk.enumerated() {
      map.forward(
        pass.inputs[index], batch: batch, parameters: parameters, into: &pass.sums[index],
        threadCount: threadCount)
      LeakyReLU.apply(to: pass.sums[index], into: &pass.inputs[index + 1])
    }
    generator.forward(
      features: pass.inputs[trunk.count], batch: batch, parameters: parameters,
      weights: &pass.weights, workspace: &pass.workspace, threadCount: threadCount)
  }

  /// Brings the memory to the sizes of a batch.
  private func prepare(_ pass: inout Pass, batch: Int) {
    if pass.inputs.count != trunk.count + 1 {
      pass.inputs = [[Float]](repeating: [], count: trunk.count + 1)
      (pass.sums, pass.gradients) = (pass.inputs, pass.inputs)
    }
    pass.gradients[0].resize(to: batch * architecture.latentWidth)
    for (index, map) in trunk.enumerated() {
      pass.sums[index].resize(to: batch * map.outputs)
      pass.gradients[index + 1].resize(to: batch * map.outputs)
    }
    pass.batch = batch
    pass.weights.resize(to: batch * target.count)
    pass.weightGradient.resize(to: batch * target.count)
  }

  /// ∂L/∂weights to ∂L/∂codes, and to what `step` needs.
  ///
  /// Differentiable to codes and parameters. Gradients are overwritten.
  ///
  /// - Parameter pass: after `forward`, its `weightGradient` filled in.
  package func backward(_ pass: inout Pass, threadCount: Int) {
    generator.backward(
      weightGradient: pass.weightGradient, batch: pass.batch, parameters: parameters,
      featureGradient: &pass.gradients[trunk.count], workspace: &pass.workspace,
      threadCount: threadCount)
    for (index, map) in trunk.enumerated().reversed() {
      LeakyReLU.multiplyByDerivative(&pass.gradients[index + 1], at: pass.sums[index])
      var below: [Float] = []
      swap(&below, &pass.gradients[index])
      map.inputGradient(
        pass.gradients[index + 1], batch: pass.batch, parameters: parameters, into: &below,
        partials: &pass.workspace.partials, threadCount: threadCount)
      swap(&below, &pass.gradients[index])
    }
  }

  /// Whether the squares of all gradients, which Adam keeps, are sure to be finite.
  ///
  /// A quarter of the largest square leaves room for the rounding of sums.
  package func hasFiniteGradients(after pass: Pass) -> Bool {
    let bound = largestGradientBound(after: pass)
    // What is not a number compares as false.
    return bound * bound <= 0.25 * Double(Float.greatestFiniteMagnitude)
  }

  /// A number that no entry of any gradient exceeds in magnitude; not finite where one may be so.
  ///
  /// The parameters' gradients are not there yet; the largest factors of each product are.
  package func largestGradientBound(after pass: Pass) -> Double {
    var bound = Double(pass.codeGradient.span.largestMagnitude)
    forEachGradient(of: pass) { gradient in
      // What is not a number stays, whatever follows.
      bound = bound.isNaN || bound > gradient.bound ? bound : gradient.bound
    }
    return bound
  }

  /// Takes one step of Adam with all parameters.
  ///
  /// - Parameters:
  ///   - pass: after `backward`.
  ///   - firstMoment: `[layout.count]`, as `secondMoment`.
  package mutating func step(
    _ update: AdamUpdate, after pass: Pass, firstMoment: inout [Float],
    secondMoment: inout [Float], threadCount: Int
  ) {
    var parameters: [Float] = []
    swap(&parameters, &self.parameters)
    forEachGradient(of: pass) { gradient in
      gradient.step(
        update, parameters: &parameters, firstMoment: &firstMoment, secondMoment: &secondMoment,
        threadCount: threadCount)
    }
    swap(&parameters, &self.parameters)
  }

  /// The gradients of all parameters, none of them twice.
  private func forEachGradient(of pass: Pass, _ body: (ParameterGradient) -> Void) {
    for (index, map) in trunk.enumerated() {
      body(
        .product(
          map: map, slopes: pass.gradients[index + 1], inputs: pass.inputs[index],
          batch: pass.batch))
    }
    generator.forEachGradient(
      weightGradient: pass.weightGradient, features: pass.inputs[trunk.count], batch: pass.batch,
      workspace: pass.workspace, body)
  }
}
