import Kernels

/// Generator kind `low-rank`: a learned base times a low-rank multiplicative factor.
///
///     W = B ⊙ (1 + U Vᵀ / √r)      U: [outputs × r], V: [inputs × r], both linear in the features
///     b = base + A h
///
/// U's head begins at zero, so every factor begins at exactly one and all scenes as the shared base; V
/// begins at unit variance, so U's gradient does not vanish. The form follows the multiplicative
/// low-rank heads of Light Field Networks (Sitzmann et al. 2021, https://arxiv.org/abs/2106.02634).
struct LowRankGenerator: WeightGenerator {
  /// One target tensor and where its factors stand in the head's output.
  private struct Part: Sendable {
    let target: TargetTensor
    /// Of U, or of the additive bias.
    let first: Int
    /// Of V; unused for a bias.
    let second: Int
    /// Of B, or of the bias's base, in the parameters.
    let base: Int
  }

  private let rank: Int
  private let parts: [Part]
  private let map: LinearMap
  private let targetCount: Int
  private let latentDeviation: Float

  init(
    rank: Int, target: ParameterLayout, architecture: HypernetworkArchitecture,
    layout: inout ParameterLayout
  ) {
    self.rank = rank
    targetCount = target.count
    latentDeviation = architecture.latentDeviation
    let features = architecture.featureWidth
    let tensors = TargetTensor.tensors(of: target)

    // Heads first, then their biases, then the bases: heads and biases are one affine map.
    let weightOffset = layout.count
    var outputs = 0
    var places: [(first: Int, second: Int)] = []
    var biases: [(name: String, count: Int)] = []
    for tensor in tensors {
      let name = tensor.entry.name
      let shape = tensor.entry.shape
      let heads =
        tensor.isMatrix
        ? [
          ("generator.left.\(name)", shape[0] * rank), ("generator.right.\(name)", shape[1] * rank),
        ]
        : [("generator.shift.\(name)", shape[0])]
      places.append((outputs, outputs + heads[0].1))
      for (head, count) in heads {
        layout.append("\(head).weight", count, features)
        biases.append(("\(head).bias", count))
        outputs += count
      }
    }
    let biasOffset = layout.count
    for bias in biases { layout.append(bias.name, bias.count) }
    map = LinearMap(
      inputs: features, outputs: outputs, weightOffset: weightOffset, biasOffset: biasOffset)
    var parts: [Part] = []
    for (tensor, place) in zip(tensors, places) {
      // A bias's base is its head's own bias; a matrix has a base of its own.
      let base =
        tensor.isMatrix
        ? layout.append(
          "generator.base.\(tensor.entry.name)", tensor.entry.shape[0], tensor.entry.shape[1])
        : biasOffset + place.first
      parts.append(Part(target: tensor, first: place.first, second: place.second, base: base))
    }
    self.parts = parts
  }

  func initialize(_ parameters: inout [Float], generator: inout SeededGenerator) {
    for part in parts {
      let entry = part.target.entry
      if part.target.isMatrix {
        fillNormal(
          &parameters, part.base..<part.base + entry.count, deviation: part.target.deviation,
          generator: &generator)
        let rightCount = entry.shape[1] * rank
        let right = map.weightOffset + part.second * map.inputs
        fillNormal(
          &parameters, right..<right + rightCount * map.inputs,
          deviation: HypernetworkInitialization.headDeviation(
            target: 1, featureWidth: map.inputs, latentDeviation: latentDeviation),
          generator: &generator)
        let bias = map.biasOffset + part.second
        fillNormal(&parameters, bias..<bias + rightCount, deviation: 1, generator: &generator)
      }
    }
  }

  func forward(
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float], threadCount: Int
  ) -> [Float] {
    var factors = [Float](repeating: 0, count: batch * map.outputs)
    map.forward(
      features, batch: batch, parameters: parameters, into: &factors, threadCount: threadCount)
    let (saved, targetCount) = (factors, targetCount)
    let rows = ParallelLoop.map(count: batch, threadCount: threadCount) { scene in
      var row = [Float](repeating: 0, count: targetCount)
      for part in parts { expand(part, factors: saved, scene: scene, parameters, into: &row) }
      return row
    }
    for (scene, row) in rows.enumerated() {
      weights.replaceSubrange(scene * targetCount..<(scene + 1) * targetCount, with: row)
    }
    return factors
  }

  /// W = B ⊙ (1 + U Vᵀ / √r), or the bias, of one tensor of one scene.
  private func expand(
    _ part: Part, factors: [Float], scene: Int, _ parameters: [Float], into row: inout [Float]
  ) {
    let entry = part.target.entry
    let start = scene * map.outputs
    guard part.target.isMatrix else {
      for index in 0..<entry.count {
        row[entry.offset + index] = factors[start + part.first + index]
      }
      return
    }
    let scale = 1 / Float(rank).squareRoot()
    let inputs = entry.shape[1]
    for output in 0..<entry.shape[0] {
      let left = start + part.first + output * rank
      for input in 0..<inputs {
        let right = start + part.second + input * rank
        var product: Float = 0
        for k in 0..<rank { product += factors[left + k] * factors[right + k] }
        let index = output * inputs + input
        row[entry.offset + index] = parameters[part.base + index] * (1 + scale * product)
      }
    }
  }

  func backward(
    weightGradient: [Float], features: [Float], saved: [Float], batch: Int, parameters: [Float],
    parameterGradient: inout [Float], featureGradient: inout [Float], threadCount: Int
  ) {
    // Per scene: gradients of the factors, and of the bases in the target's order.
    let scenes = ParallelLoop.map(count: batch, threadCount: threadCount) { scene in
      var factorGradient = [Float](repeating: 0, count: map.outputs)
      var baseGradient = [Float](repeating: 0, count: targetCount)
      for part in parts {
        reduce(
          part, weightGradient: weightGradient, factors: saved, scene: scene, parameters,
          factorGradient: &factorGradient, baseGradient: &baseGradient)
      }
      return (factorGradient, baseGradient)
    }
    for (_, baseGradient) in scenes {
      for part in parts where part.target.isMatrix {
        let entry = part.target.entry
        for index in 0..<entry.count {
          parameterGradient[part.base + index] += baseGradient[entry.offset + index]
        }
      }
    }
    let factorGradient = scenes.flatMap(\.0)
    map.accumulateParameterGradient(
      factorGradient, of: features, batch: batch, into: &parameterGradient,
      threadCount: threadCount)
    map.accumulateInputGradient(
      factorGradient, batch: batch, parameters: parameters, into: &featureGradient,
      threadCount: threadCount)
  }

  /// `expand` in reverse.
  ///
  ///     ∂B = ∂W ⊙ (1 + U Vᵀ/√r)      ∂U = (∂W ⊙ B) V / √r      ∂V = (∂W ⊙ B)ᵀ U / √r
  private func reduce(
    _ part: Part, weightGradient: [Float], factors: [Float], scene: Int, _ parameters: [Float],
    factorGradient: inout [Float], baseGradient: inout [Float]
  ) {
    let entry = part.target.entry
    let start = scene * map.outputs
    let slopes = scene * targetCount + entry.offset
    guard part.target.isMatrix else {
      for index in 0..<entry.count {
        factorGradient[part.first + index] = weightGradient[slopes + index]
      }
      return
    }
    let scale = 1 / Float(rank).squareRoot()
    let inputs = entry.shape[1]
    for output in 0..<entry.shape[0] {
      let left = part.first + output * rank
      for input in 0..<inputs {
        let right = part.second + input * rank
        let index = output * inputs + input
        let slope = weightGradient[slopes + index]
        let slopeOfProduct = slope * parameters[part.base + index] * scale
        var product: Float = 0
        for k in 0..<rank {
          let (u, v) = (factors[start + left + k], factors[start + right + k])
          product += u * v
          factorGradient[left + k] += slopeOfProduct * v
          factorGradient[right + k] += slopeOfProduct * u
        }
        baseGradient[entry.offset + index] = slope * (1 + scale * product)
      }
    }
  }
}
