/// How features become field weights.
package enum GeneratorKind: Sendable, Hashable {
  /// A full linear head per target tensor, added to a learned base.
  case perLayer
  /// A learned base times a factor of the given rank; biases are added.
  case lowRank(rank: Int)
  /// One shared generator, fed with a learned embedding per layer and chunk.
  case chunked(chunkLength: Int, embeddingWidth: Int)

  package var name: String {
    switch self {
    case .perLayer: "per-layer"
    case .lowRank: "low-rank"
    case .chunked: "chunked"
    }
  }
}

/// The hyperparameters of a hypernetwork.
package struct HypernetworkArchitecture: Sendable, Hashable {
  /// Length of a latent code.
  package var latentWidth: Int
  /// Width of each trunk layer; the last one is the length of the features.
  package var trunkWidths: [Int]
  package var generator: GeneratorKind
  /// The standard deviation that codes start with; the initialisation is derived for it.
  package var latentDeviation: Float

  package init(
    latentWidth: Int = 64, trunkWidths: [Int] = [256, 256], generator: GeneratorKind = .perLayer,
    latentDeviation: Float = 0.1
  ) {
    self.latentWidth = latentWidth
    self.trunkWidths = trunkWidths
    self.generator = generator
    self.latentDeviation = latentDeviation
  }

  package var featureWidth: Int { trunkWidths.last ?? latentWidth }
}
