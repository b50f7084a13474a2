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

  /// Returns u before φ, `[batch × chunks × width]`.
  func forward(
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float], threadCount: Int
  ) -> [Float] {
    let width = featureMap.outputs
    let rowCount = batch * chunks.count
    var fromFeatures = [Float](repeating: 0, count: batch * width)
    var fromEmbeddings = [Float](repeating: 0, count: chunks.count * width)
    featureMap.forward(
      features, batch: batch, parameters: parameters, into: &fromFeatures,
      threadCount: threadCount)
    embeddingMap.forward(
      Array(parameters[embeddings]), batch: chunks.count, parameters: parameters,
      into: &fromEmbeddings, threadCount: threadCount)
    var sums = [Float](repeating: 0, count: rowCount * width)
    for row in 0..<rowCount {
      let (scene, chunk) = row.quotientAndRemainder(dividingBy: chunks.count)
      for k in 0..<width {
        sums[row * width + k] = fromFeatures[scene * width + k] + fromEmbeddings[chunk * width + k]
      }
    }
    var values = [Float](repeating: 0, count: rowCount * chunkLength)
    outputMap.forward(
      LeakyReLU.values(of: sums), batch: rowCount, parameters: parameters, into: &values,
      threadCount: threadCount)
    for row in 0..<rowCount {
      let (scene, index) = row.quotientAndRemainder(dividingBy: chunks.count)
      let chunk = chunks[index]
      for (k, target) in chunk.range.enumerated() {
        weights[scene * targetCount + target] = chunk.scale * values[row * chunkLength + k]
      }
    }
    return sums
  }

  func backward(
    weightGradient: [Float], features: [Float], saved sums: [Float], batch: Int,
    parameters: [Float], parameterGradient: inout [Float], featureGradient: inout [Float],
    threadCount: Int
  ) {
    let width = featureMap.outputs
    let rowCount = batch * chunks.count
    var valueGradient = [Float](repeating: 0, count: rowCount * chunkLength)
    for row in 0..<rowCount {
      let (scene, index) = row.quotientAndRemainder(dividingBy: chunks.count)
      let chunk = chunks[index]
      for (k, target) in chunk.range.enumerated() {
        valueGradient[row * chunkLength + k] =
          chunk.scale * weightGradient[scene * targetCount + target]
      }
    }
    outputMap.accumulateParameterGradient(
      valueGradient, of: LeakyReLU.values(of: sums), batch: rowCount, into: &parameterGradient,
      threadCount: threadCount)
    var sumGradient = [Float](repeating: 0, count: rowCount * width)
    outputMap.accumulateInputGradient(
      valueGradient, batch: rowCount, parameters: parameters, into: &sumGradient,
      threadCount: threadCount)
    LeakyReLU.multiplyByDerivative(&sumGradient, at: sums)

    var fromFeatures = [Float](repeating: 0, count: batch * width)
    var fromEmbeddings = [Float](repeating: 0, count: chunks.count * width)
    for row in 0..<rowCount {
      let (scene, chunk) = row.quotientAndRemainder(dividingBy: chunks.count)
      for k in 0..<width {
        fromFeatures[scene * width + k] += sumGradient[row * width + k]
        fromEmbeddings[chunk * width + k] += sumGradient[row * width + k]
      }
    }
    featureMap.accumulateParameterGradient(
      fromFeatures, of: features, batch: batch, into: &parameterGradient,
      threadCount: threadCount)
    featureMap.accumulateInputGradient(
      fromFeatures, batch: batch, parameters: parameters, into: &featureGradient,
      threadCount: threadCount)
    embeddingMap.accumulateParameterGradient(
      fromEmbeddings, of: Array(parameters[embeddings]), batch: chunks.count,
      into: &parameterGradient, threadCount: threadCount)
    var embeddingGradient = [Float](repeating: 0, count: embeddings.count)
    embeddingMap.accumulateInputGradient(
      fromEmbeddings, batch: chunks.count, parameters: parameters, into: &embeddingGradient,
      threadCount: threadCount)
    for (index, slope) in zip(embeddings, embeddingGradient) { parameterGradient[index] += slope }
  }
}
