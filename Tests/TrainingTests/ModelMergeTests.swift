import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Merging models") struct ModelMergeTests {
  static let target = TinyModels.field().layout

  static func model(
    _ generator: GeneratorKind, names: [String], seed: UInt64
  ) -> (hypernetwork: Hypernetwork, latents: LatentTable) {
    var random = SeededGenerator(seed: seed)
    return (
      TinyModels.variedHypernetwork(generator, target: target, seed: seed),
      LatentTable(names: names, width: 5, standardDeviation: 0.5, generator: &random)
    )
  }

  static func merge(
    second: GeneratorKind = .perLayer, steps: Int, threadCount: Int = 1
  ) -> (merge: ModelMerge, distances: [(taught: Double, held: Double)]) {
    var settings = ModelMerge.Settings()
    settings.steps = steps
    settings.warmupSteps = 4
    settings.scenesPerStep = 2
    var merge = ModelMerge(
      model(.perLayer, names: ["a", "b"], seed: 1), model(second, names: ["c", "d"], seed: 2),
      names: ["x-c", "x-d"], settings: settings, threadCount: threadCount)
    let distances = (0..<steps).map { _ in merge.takeStep() }
    return (merge, distances)
  }

  @Test(
    "what the second model generates is learned, and what the first does is held",
    arguments: TinyModels.generators)
  func learning(second: GeneratorKind) throws {
    let (merge, distances) = Self.merge(second: second, steps: 400)
    #expect(merge.latents.names == ["x-c", "x-d"])
    let (first, last) = (try #require(distances.first), try #require(distances.last))
    #expect(first.held < 1e-9 * first.taught)
    // Few and narrow features cannot hold four unlike fields exactly, but they come near.
    #expect(last.taught < 0.1 * first.taught, "\(first) \(last)")
    #expect(last.held < 0.1 * first.taught, "\(first) \(last)")
  }

  @Test("the same bytes for any number of threads", arguments: [2, 3])
  func threads(threadCount: Int) {
    let (alone, together) = (
      Self.merge(steps: 20).merge, Self.merge(steps: 20, threadCount: threadCount).merge
    )
    #expect(
      alone.hypernetwork.parameters.bitPatterns == together.hypernetwork.parameters.bitPatterns)
    #expect(alone.latents.values.bitPatterns == together.latents.values.bitPatterns)
  }

  @Test("without steps the first model is as it was")
  func noSteps() {
    let merge = Self.merge(steps: 0).merge
    let first = Self.model(.perLayer, names: ["a", "b"], seed: 1)
    #expect(merge.hypernetwork.parameters == first.hypernetwork.parameters)
  }
}
