import Kernels
import NeuralFields
import TestSupport
import Testing

/// Statistics over many new hypernetworks and codes drawn as training draws them.
@Suite("Hypernetwork initialisation")
struct HypernetworkInitializationTests {
  static let target = TinyModels.field(width: 32, positionOctaves: 3, directionOctaves: 1).layout
  static let networkCount = 60
  static let codesPerNetwork = 2

  /// He's variance: 2 / inputs before a ReLU, 1 / inputs before an output.
  static func variance(ofLayer name: String) -> Double {
    guard let entry = target.entries.first(where: { $0.name == "\(name).weight" }) else { return 0 }
    return (name == "density" || name == "radiance" ? 1 : 2) / Double(entry.shape[1])
  }

  /// The name without its last part.
  static func layer(of entry: ParameterLayout.Entry) -> String {
    entry.name.split(separator: ".").dropLast().joined(separator: ".")
  }

  /// New networks of a kind, and the weights that each makes of some codes.
  static func samples(_ generator: GeneratorKind) -> [(network: Hypernetwork, weights: [[Float]])] {
    (0..<networkCount).map { seed in
      var random = SeededGenerator(seed: UInt64(seed))
      let architecture = HypernetworkArchitecture(
        latentWidth: 32, trunkWidths: [64, 64], generator: generator)
      let network = Hypernetwork(
        architecture: architecture, target: target, generator: &random)
      let weights = (0..<codesPerNetwork).map { _ in
        network.weights(
          for: LatentCode(
            random.normals(count: 32, standardDeviation: architecture.latentDeviation))
        ).values
      }
      return (network, weights)
    }
  }

  static func meanSquare(_ values: [Float]) -> Double {
    values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
  }

  @Test(
    "every generated matrix has the variance that its layer wants",
    arguments: [
      .perLayer, .lowRank(rank: 4), .chunked(chunkLength: 64, embeddingWidth: 16),
    ] as [GeneratorKind])
  func variance(generator: GeneratorKind) {
    let samples = Self.samples(generator)
    for entry in Self.target.entries where entry.shape.count == 2 {
      let values = samples.flatMap { $0.weights.flatMap { $0[entry.range] } }
      let share = Self.meanSquare(values) / Self.variance(ofLayer: Self.layer(of: entry))
      #expect(abs(share - 1) < 0.1, "\(entry.name)")
    }
  }

  @Test("a scene's own part is a tenth of a per-layer weight's deviation, for biases too")
  func sceneShare() {
    let samples = Self.samples(.perLayer)
    for entry in Self.target.entries {
      let parts = samples.flatMap { sample in
        sample.weights.flatMap { weights in
          zip(weights[entry.range], Self.base(of: entry, in: sample.network)).map { $0 - $1 }
        }
      }
      let expected = 0.01 * Self.variance(ofLayer: Self.layer(of: entry))
      let share = Self.meanSquare(parts) / expected
      #expect(abs(share - 1) < Self.tolerance(of: entry), "\(entry.name)")
    }
  }

  @Test("biases begin at zero but for a scene's own part, or at a tenth of their layer's deviation")
  func biases() {
    let perLayer = Self.samples(.perLayer)
    let chunked = Self.samples(.chunked(chunkLength: 64, embeddingWidth: 16))
    for entry in Self.target.entries where entry.shape.count == 1 {
      for (network, _) in perLayer {
        #expect(Self.base(of: entry, in: network).allSatisfy { $0 == 0 })
      }
      let values = chunked.flatMap { $0.weights.flatMap { $0[entry.range] } }
      let expected = 0.01 * Self.variance(ofLayer: Self.layer(of: entry))
      let share = Self.meanSquare(values) / expected
      #expect(abs(share - 1) < Self.tolerance(of: entry), "\(entry.name)")
    }
  }

  @Test("the low-rank factor begins at exactly one: every scene begins as the base, bit for bit")
  func lowRankFactor() {
    for (network, weights) in Self.samples(.lowRank(rank: 4)) {
      let base = Self.target.entries.flatMap { entry in
        entry.shape.count == 2
          ? Self.base(of: entry, in: network) : [Float](repeating: 0, count: entry.count)
      }
      for scene in weights { #expect(scene.bitPatterns == base.bitPatterns) }
    }
  }

  /// A tenth, and three standard errors of the variance of so many independent numbers, √(2 / n).
  static func tolerance(of entry: ParameterLayout.Entry) -> Double {
    0.1 + 3 * (2 / Double(networkCount * entry.count)).squareRoot()
  }

  static func base(of entry: ParameterLayout.Entry, in network: Hypernetwork) -> [Float] {
    let name = "generator.base.\(entry.name)"
    guard let base = network.layout.entries.first(where: { $0.name == name }) else { return [] }
    return Array(network.parameters[base.range])
  }
}
