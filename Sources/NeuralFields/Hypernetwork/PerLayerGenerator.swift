import Kernels

/// Generator kind `per-layer`: a full head per target tensor, on a learned base.
///
///     wₜ = baseₜ + Wₜ h
///
/// All heads read the same features, so they are one product: heads stand in the order of the target's
/// tensors, and so do the bases.
struct PerLayerGenerator: WeightGenerator {
  private let targets: [TargetTensor]
  private let map: LinearMap
  private let latentDeviation: Float

  init(
    target: ParameterLayout, architecture: HypernetworkArchitecture, layout: inout ParameterLayout
  ) {
    targets = TargetTensor.tensors(of: target)
    latentDeviation = architecture.latentDeviation
    let weightOffset = layout.count
    for entry in target.entries {
      layout.append("generator.head.\(entry.name)", entry.count, architecture.featureWidth)
    }
    let biasOffset = layout.count
    for entry in target.entries { layout.append("generator.base.\(entry.name)", entry.count) }
    map = LinearMap(
      inputs: architecture.featureWidth, outputs: target.count, weightOffset: weightOffset,
      biasOffset: biasOffset)
  }

  func initialize(_ parameters: inout [Float], generator: inout SeededGenerator) {
    for target in targets {
      let range = target.entry.range
      let head = map.weightOffset + range.lowerBound * map.inputs
      fillNormal(
        &parameters, head..<head + range.count * map.inputs,
        deviation: HypernetworkInitialization.headDeviation(
          target: target.deviation, featureWidth: map.inputs, latentDeviation: latentDeviation),
        generator: &generator)
      if target.isMatrix {
        let base = map.biasOffset + range.lowerBound
        fillNormal(
          &parameters, base..<base + range.count, deviation: target.deviation,
          generator: &generator)
      }
    }
  }

  func forward(
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    map.forward(
      features, batch: batch, parameters: parameters, into: &weights, threadCount: threadCount)
  }

  func backward(
    weightGradient: [Float], batch: Int, parameters: [Float], featureGradient: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    map.inputGradient(
      weightGradient, batch: batch, parameters: parameters, into: &featureGradient,
      partials: &workspace.partials, threadCount: threadCount)
  }

  func forEachGradient(
    weightGradient: [Float], features: [Float], batch: Int, workspace: GeneratorWorkspace,
    _ body: (ParameterGradient) -> Void
  ) {
    body(.product(map: map, slopes: weightGradient, inputs: features, batch: batch))
  }
}
