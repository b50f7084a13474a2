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
  /// The bases of all matrices, in the parameters.
  private let bases: Range<Int>
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
    let firstBase = layout.count
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
    bases = firstBase..<layout.count
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
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    workspace.outputs.resize(to: batch * map.outputs)
    map.forward(
      features, batch: batch, parameters: parameters, into: &workspace.outputs,
      threadCount: threadCount)
    let factors = workspace.outputs
    ParallelLoop.forEachChunk(of: &weights, chunkLength: targetCount, threadCount: threadCount) {
      scene, row in
      let own = factors.span.extracting(scene * map.outputs..<(scene + 1) * map.outputs)
      for part in parts { expand(part, factors: own, parameters.span, into: &row) }
    }
  }

  /// W = B ⊙ (1 + U Vᵀ / √r), or the bias, of one tensor of one scene.
  ///
  /// A row of U Vᵀ is Σ_k U_k Vᵀ_k, whose inner loop runs along the row.
  private func expand(
    _ part: Part, factors: Span<Float>, _ parameters: Span<Float>,
    into row: inout MutableSpan<Float>
  ) {
    let entry = part.target.entry
    guard part.target.isMatrix else {
      row.replace(with: factors.extracting(part.first..<part.first + entry.count), at: entry.offset)
      return
    }
    let inputs = entry.shape[1]
    let right = transposed(factors.extracting(part.second..<part.second + inputs * rank))
    for output in 0..<entry.shape[0] {
      let place = output * inputs
      addFactors(
        of: output, part, factors, right, into: &row, at: entry.offset + place, inputs: inputs)
      let base = part.base + place
      row.multiply(by: parameters.extracting(base..<base + inputs), at: entry.offset + place)
    }
  }

  /// 1 + U Vᵀ / √r of one row.
  private func addFactors(
    of output: Int, _ part: Part, _ factors: Span<Float>, _ right: [Float],
    into row: inout MutableSpan<Float>, at offset: Int, inputs: Int
  ) {
    row.fill(with: 1, at: offset, count: inputs)
    for k in 0..<rank {
      row.add(
        right.span.extracting(k * inputs..<(k + 1) * inputs),
        times: scale * factors[part.first + output * rank + k], at: offset)
    }
  }

  /// 1 / √r.
  private var scale: Float { 1 / Float(rank).squareRoot() }

  /// V as rows of inputs, `[r × inputs]`.
  private func transposed(_ right: Span<Float>) -> [Float] {
    let inputs = right.count / rank
    var rows = [Float](repeating: 0, count: right.count)
    for input in 0..<inputs {
      for k in 0..<rank { rows[k * inputs + input] = right[input * rank + k] }
    }
    return rows
  }

  func backward(
    weightGradient: [Float], batch: Int, parameters: [Float], featureGradient: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    // Per scene: gradients of the factors, and behind them those of the bases.
    let factors = workspace.outputs
    let rowLength = map.outputs + bases.count
    workspace.gradientsOfScenes.resize(to: batch * rowLength)
    ParallelLoop.forEachChunk(
      of: &workspace.gradientsOfScenes, chunkLength: rowLength, threadCount: threadCount
    ) { scene, row in
      let own = factors.span.extracting(scene * map.outputs..<(scene + 1) * map.outputs)
      let slopes = weightGradient.span.extracting(scene * targetCount..<(scene + 1) * targetCount)
      for part in parts {
        reduce(part, slopes: slopes, factors: own, parameters.span, into: &row)
      }
    }
    workspace.outputGradient.resize(to: batch * map.outputs)
    workspace.dense.resize(to: bases.count)
    for index in workspace.dense.indices { workspace.dense[index] = 0 }
    let gradients = workspace.gradientsOfScenes
    for scene in 0..<batch {
      let row = gradients.span.extracting(
        scene * rowLength..<(scene + 1) * rowLength)
      var target = workspace.outputGradient.mutableSpan
      target.replace(with: row.extracting(..<map.outputs), at: scene * map.outputs)
      var dense = workspace.dense.mutableSpan
      dense.add(row.extracting(map.outputs...))
    }
    map.inputGradient(
      workspace.outputGradient, batch: batch, parameters: parameters, into: &featureGradient,
      partials: &workspace.partials, threadCount: threadCount)
  }

  /// `expand` in reverse.
  ///
  ///     ∂B = ∂W ⊙ (1 + U Vᵀ/√r)      ∂U = (∂W ⊙ B) V / √r      ∂V = (∂W ⊙ B)ᵀ U / √r
  private func reduce(
    _ part: Part, slopes: Span<Float>, factors: Span<Float>, _ parameters: Span<Float>,
    into row: inout MutableSpan<Float>
  ) {
    let entry = part.target.entry
    guard part.target.isMatrix else {
      row.replace(with: slopes.extracting(entry.range), at: part.first)
      return
    }
    let inputs = entry.shape[1]
    let right = transposed(factors.extracting(part.second..<part.second + inputs * rank))
    var rightGradient = [Float](repeating: 0, count: right.count)
    var slopesOfFactor = [Float](repeating: 0, count: inputs)
    for output in 0..<entry.shape[0] {
      let place = output * inputs
      let slope = slopes.extracting(entry.offset + place..<entry.offset + place + inputs)
      let base = part.base + place
      let gradient = map.outputs + base - bases.lowerBound
      addFactors(of: output, part, factors, right, into: &row, at: gradient, inputs: inputs)
      row.multiply(by: slope, at: gradient)

      var ofFactor = slopesOfFactor.mutableSpan
      ofFactor.replace(with: slope)
      ofFactor.multiply(by: parameters.extracting(base..<base + inputs))
      for k in 0..<rank {
        let left = part.first + output * rank + k
        let range = k * inputs..<(k + 1) * inputs
        row[left] = scale * slopesOfFactor.span.dot(right.span.extracting(range))
        var target = rightGradient.mutableSpan
        target.add(slopesOfFactor.span, times: scale * factors[left], at: range.lowerBound)
      }
    }
    for input in 0..<inputs {
      for k in 0..<rank { row[part.second + input * rank + k] = rightGradient[k * inputs + input] }
    }
  }

  func forEachGradient(
    weightGradient: [Float], features: [Float], batch: Int, workspace: GeneratorWorkspace,
    _ body: (ParameterGradient) -> Void
  ) {
    body(
      .product(map: map, slopes: workspace.outputGradient, inputs: features, batch: batch))
    body(.dense(values: workspace.dense, offset: bases.lowerBound))
  }
}
