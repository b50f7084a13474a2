import Kernels

/// Generator kind `chunked`: one shared generator, fed with a learned embedding per layer and chunk.
///
///     u = φ(A h + E e_c + a)        w_c = s_c (O u + o)        c: a chunk of one target tensor
///
/// (Ha, Dai and Le 2016, sec. 3.1, https://arxiv.org/abs/1609.09106, there with the embedding alone; the
/// features h make it conditional.) A tensor is cut into chunks of `chunkLength` weights, the last one
/// cut short. s_c is a constant: the deviation that the chunk's layer wants, so that the shared O need
/// only make numbers of order one. φ is the trunk's leaky ReLU.
struct ChunkedGenerator: WeightGenerator {
  private struct Chunk: Sendable {
    /// The weights it makes, in the target's flat array.
    let range: Range<Int>
    let scale: Float
  }

  private let chunkLength: Int
  private let targetCount: Int
  private let chunks: [Chunk]
  private let featureMap: LinearMap
  private let embeddingMap: LinearMap
  private let outputMap: LinearMap
  private let embeddings: Range<Int>
  private let latentDeviation: Float

  init(
    chunkLength: Int, embeddingWidth: Int, target: ParameterLayout,
    architecture: HypernetworkArchitecture, layout: inout ParameterLayout
  ) {
    self.chunkLength = chunkLength
    targetCount = target.count
    latentDeviation = architecture.latentDeviation
    chunks = TargetTensor.tensors(of: target).flatMap { tensor in
      stride(from: 0, to: tensor.entry.count, by: chunkLength).map { start in
        let first = tensor.entry.offset + start
        let end = min(first + chunkLength, tensor.entry.range.upperBound)
        // Biases begin near zero: a share of their layer's weights.
        return Chunk(
          range: first..<end,
          scale: tensor.deviation * (tensor.isMatrix ? 1 : HypernetworkInitialization.sceneShare))
      }
    }
    let width = architecture.featureWidth
    func append(_ name: String, outputs: Int, inputs: Int) -> LinearMap {
      let weightOffset = layout.append("generator.\(name).weight", outputs, inputs)
      let biasOffset = layout.append("generator.\(name).bias", outputs)
      return LinearMap(
        inputs: inputs, outputs: outputs, weightOffset: weightOffset, biasOffset: biasOffset)
    }
    let first = layout.append("generator.embeddings", chunks.count, embeddingWidth)
    embeddings = first..<layout.count
    featureMap = append("feature", outputs: width, inputs: width)
    embeddingMap = append("embedding", outputs: width, inputs: embeddingWidth)
    outputMap = append("output", outputs: chunkLength, inputs: width)
  }

  /// Scales: E e has unit variance; A h has ρ² of it; O u then has unit variance.
  func initialize(_ parameters: inout [Float], generator: inout SeededGenerator) {
    func fill(_ map: LinearMap, deviation: Float) {
      fillNormal(
        &parameters, map.weightOffset..<map.weightOffset + map.inputs * map.outputs,
        deviation: deviation, generator: &generator)
    }
    fillNormal(&parameters, embeddings, deviation: 1, generator: &generator)
    fill(
      featureMap,
      deviation: HypernetworkInitialization.headDeviation(
        target: 1, featureWidth: featureMap.inputs, latentDeviation: latentDeviation))
    fill(embeddingMap, deviation: 1 / Float(embeddingMap.inputs).squareRoot())
    fill(outputMap, deviation: HypernetworkInitialization.trunkDeviation(inputs: outputMap.inputs))
  }

  func forward(
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    let width = featureMap.outputs
    let rowCount = batch * chunks.count
    workspace.fromFeatures.resize(to: batch * width)
    workspace.fromEmbeddings.resize(to: chunks.count * width)
    workspace.embeddings.resize(to: embeddings.count)
    for (place, index) in embeddings.enumerated() {
      workspace.embeddings[place] = parameters[index]
    }
    featureMap.forward(
      features, batch: batch, parameters: parameters, into: &workspace.fromFeatures,
      threadCount: threadCount)
    embeddingMap.forward(
      workspace.embeddings, batch: chunks.count, parameters: parameters,
      into: &workspace.fromEmbeddings, threadCount: threadCount)
    workspace.sums.resize(to: rowCount * width)
    for row in 0..<rowCount {
      let (scene, chunk) = row.quotientAndRemainder(dividingBy: chunks.count)
      for k in 0..<width {
        workspace.sums[row * width + k] =
          workspace.fromFeatures[scene * width + k] + workspace.fromEmbeddings[chunk * width + k]
      }
    }
    LeakyReLU.apply(to: workspace.sums, into: &workspace.activations)
    workspace.outputs.resize(to: rowCount * chunkLength)
    outputMap.forward(
      workspace.activations, batch: rowCount, parameters: parameters, into: &workspace.outputs,
      threadCount: threadCount)
    for row in 0..<rowCount {
      let (scene, index) = row.quotientAndRemainder(dividingBy: chunks.count)
      let chunk = chunks[index]
      for (k, target) in chunk.range.enumerated() {
        weights[scene * targetCount + target] =
          chunk.scale * workspace.outputs[row * chunkLength + k]
      }
    }
  }

  func backward(
    weightGradient: [Float], batch: Int, parameters: [Float], featureGradient: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  ) {
    let width = featureMap.outputs
    let rowCount = batch * chunks.count
    // The places that a tensor's last chunk leaves over keep their zeros.
    workspace.outputGradient.resize(to: rowCount * chunkLength)
    for row in 0..<rowCount {
      let (scene, index) = row.quotientAndRemainder(dividingBy: chunks.count)
      let chunk = chunks[index]
      for (k, target) in chunk.range.enumerated() {
        workspace.outputGradient[row * chunkLength + k] =
          chunk.scale * weightGradient[scene * targetCount + target]
      }
    }
    workspace.sumGradient.resize(to: rowCount * width)
    outputMap.inputGradient(
      workspace.outputGradient, batch: rowCount, parameters: parameters,
      into: &workspace.sumGradient, partials: &workspace.partials, threadCount: threadCount)
    LeakyReLU.multiplyByDerivative(&workspace.sumGradient, at: workspace.sums)

    // The sums themselves are no longer needed: their gradients take their places.
    for index in workspace.fromFeatures.indices { workspace.fromFeatures[index] = 0 }
    for index in workspace.fromEmbeddings.indices { workspace.fromEmbeddings[index] = 0 }
    for row in 0..<rowCount {
      let (scene, chunk) = row.quotientAndRemainder(dividingBy: chunks.count)
      for k in 0..<width {
        let slope = workspace.sumGradient[row * width + k]
        workspace.fromFeatures[scene * width + k] += slope
        workspace.fromEmbeddings[chunk * width + k] += slope
      }
    }
    featureMap.inputGradient(
      workspace.fromFeatures, batch: batch, parameters: parameters, into: &featureGradient,
      partials: &workspace.partials, threadCount: threadCount)
    workspace.dense.resize(to: embeddings.count)
    embeddingMap.inputGradient(
      workspace.fromEmbeddings, batch: chunks.count, parameters: parameters,
      into: &workspace.dense, partials: &workspace.partials, threadCount: threadCount)
  }

  func forEachGradient(
    weightGradient: [Float], features: [Float], batch: Int, workspace: GeneratorWorkspace,
    _ body: (ParameterGradient) -> Void
  ) {
    body(
      .product(
        map: outputMap, slopes: workspace.outputGradient, inputs: workspace.activations,
        batch: batch * chunks.count))
    body(
      .product(
        map: featureMap, slopes: workspace.fromFeatures, inputs: features, batch: batch))
    body(
      .product(
        map: embeddingMap, slopes: workspace.fromEmbeddings, inputs: workspace.embeddings,
        batch: chunks.count))
    body(.dense(values: workspace.dense, offset: embeddings.lowerBound))
  }
}
