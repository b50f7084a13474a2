import Kernels
package import NeuralFields

/// Architectures that are small enough to test in milliseconds and have every part of the large ones.
package enum TinyModels {
  /// The cube [−1, 1]³.
  package static let cube = BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1])

  package static func field(
    width: Int = 16, positionOctaves: Int = 2, directionOctaves: Int? = nil
  ) -> FieldArchitecture {
    FieldArchitecture(
      positionOctaves: positionOctaves, hiddenLayerCount: 2, width: width,
      directionOctaves: directionOctaves, colourWidth: 17, densityActivation: .shiftedSoftplus,
      densityShift: 1, densityScale: 10)
  }

  /// One of every kind; the chunks cut tensors at odd places.
  package static let generators: [GeneratorKind] = [
    .perLayer, .lowRank(rank: 3), .chunked(chunkLength: 50, embeddingWidth: 6),
  ]

  package static func hypernetwork(_ generator: GeneratorKind) -> HypernetworkArchitecture {
    HypernetworkArchitecture(latentWidth: 5, trunkWidths: [12, 9], generator: generator)
  }

  /// A hypernetwork none of whose parameters is zero, so that every derivative is at work.
  package static func variedHypernetwork(
    _ generator: GeneratorKind, target: ParameterLayout, seed: UInt64
  ) -> Hypernetwork {
    var random = SeededGenerator(seed: seed)
    var hypernetwork = Hypernetwork(
      architecture: hypernetwork(generator), target: target, generator: &random)
    for index in hypernetwork.parameters.indices {
      hypernetwork.parameters[index] += 0.1 * random.normal()
    }
    return hypernetwork
  }

  /// Weights of He's scale, and biases of a tenth of it.
  package static func fieldWeights(of layout: ParameterLayout, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    var fanIn = 1
    return layout.entries.flatMap { entry in
      let isMatrix = entry.shape.count == 2
      if isMatrix { fanIn = entry.shape[1] }
      let deviation = (2 / Float(fanIn)).squareRoot()
      return random.normals(
        count: entry.count, standardDeviation: isMatrix ? deviation : 0.1 * deviation)
    }
  }
}
