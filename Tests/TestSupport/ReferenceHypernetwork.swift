package import NeuralFields

/// The hypernetwork in `Double`, one code at a time; finds its tensors by their published names.
package struct ReferenceHypernetwork {
  private let architecture: HypernetworkArchitecture
  private let target: ParameterLayout
  private let tensors: [String: ParameterLayout.Entry]

  package init(of hypernetwork: Hypernetwork) {
    architecture = hypernetwork.architecture
    target = hypernetwork.target
    tensors = Dictionary(
      uniqueKeysWithValues: hypernetwork.layout.entries.map { ($0.name, $0) })
  }

  /// All weights of the field that a code stands for.
  package func weights(parameters: [Double], code: [Double]) -> [Double] {
    var features = code
    for index in architecture.trunkWidths.indices {
      features = apply("trunk.\(index)", parameters, to: features).map(ReferenceMath.leakyReLU)
    }
    switch architecture.generator {
    case .perLayer:
      return target.entries.flatMap { entry in
        apply(
          weight: "generator.head.\(entry.name)", bias: "generator.base.\(entry.name)", parameters,
          to: features)
      }
    case .lowRank(let rank):
      return target.entries.flatMap { entry in
        lowRank(entry, rank: rank, parameters, features: features)
      }
    case .chunked(let chunkLength, let embeddingWidth):
      return chunked(
        chunkLength: chunkLength, embeddingWidth: embeddingWidth, parameters, features: features)
    }
  }

  /// W = B ⊙ (1 + U Vᵀ / √r), or b = A h + a.
  private func lowRank(
    _ entry: ParameterLayout.Entry, rank: Int, _ parameters: [Double], features: [Double]
  ) -> [Double] {
    guard entry.shape.count == 2 else {
      return apply("generator.shift.\(entry.name)", parameters, to: features)
    }
    let left = apply("generator.left.\(entry.name)", parameters, to: features)
    let right = apply("generator.right.\(entry.name)", parameters, to: features)
    let base = parameters[self["generator.base.\(entry.name)"].range]
    return base.enumerated().map { index, value in
      let (output, input) = index.quotientAndRemainder(dividingBy: entry.shape[1])
      var product = 0.0
      for k in 0..<rank { product += left[output * rank + k] * right[input * rank + k] }
      return value * (1 + product / Double(rank).squareRoot())
    }
  }

  /// u = φ(A h + E e_c + a), w_c = s_c (O u + o), chunk by chunk.
  private func chunked(
    chunkLength: Int, embeddingWidth: Int, _ parameters: [Double], features: [Double]
  ) -> [Double] {
    let fromFeatures = apply("generator.feature", parameters, to: features)
    let embeddings = Array(parameters[self["generator.embeddings"].range])
    let lastMatrix = target.entries.last { $0.shape.count == 2 }
    var weights: [Double] = []
    var chunk = 0
    var variance = 0.0
    for entry in target.entries {
      let isMatrix = entry.shape.count == 2
      if isMatrix {
        let feedsOutput = entry == lastMatrix || entry.shape[0] == 1
        variance = (feedsOutput ? 1 : 2) / Double(entry.shape[1])
      }
      let scale = variance.squareRoot() * (isMatrix ? 1 : 0.1)
      for start in stride(from: 0, to: entry.count, by: chunkLength) {
        let embedding = Array(
          embeddings[chunk * embeddingWidth..<(chunk + 1) * embeddingWidth])
        let fromEmbedding = apply("generator.embedding", parameters, to: embedding)
        let hidden = zip(fromFeatures, fromEmbedding).map { ReferenceMath.leakyReLU($0 + $1) }
        let values = apply("generator.output", parameters, to: hidden)
        weights += values.prefix(entry.count - start).map { $0 * scale }
        chunk += 1
      }
    }
    return weights
  }

  private func apply(_ name: String, _ parameters: [Double], to x: [Double]) -> [Double] {
    apply(weight: "\(name).weight", bias: "\(name).bias", parameters, to: x)
  }

  private func apply(
    weight: String, bias: String, _ parameters: [Double], to x: [Double]
  ) -> [Double] {
    let (weight, bias) = (self[weight], self[bias])
    precondition(weight.count == bias.count * x.count, "found \(weight.shape) for \(weight.name)")
    return ReferenceMath.affine(
      parameters, weightOffset: weight.offset, biasOffset: bias.offset, outputs: bias.count, of: x)
  }

  private subscript(name: String) -> ParameterLayout.Entry {
    guard let entry = tensors[name] else { preconditionFailure("found no tensor \(name)") }
    return entry
  }
}
