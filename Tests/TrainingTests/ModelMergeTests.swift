import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Merging models") struct ModelMergeTests {
  static let target = TinyModels.field().layout

  static func model(
    _ generator: GeneratorKind, names: [String], seed: UInt64
  ) -> ModelMerge.Model {
    var random = SeededGenerator(seed: seed)
    return ModelMerge.Model(
      hypernetwork: TinyModels.variedHypernetwork(generator, target: target, seed: seed),
      latents: LatentTable(names: names, width: 5, standardDeviation: 0.5, generator: &random))
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

  /// A model of a scene at rest and one that moves.
  static func movingModel(
    _ curve: LatentTrajectory.Curve, seed: UInt64, rest: String, moving: String
  ) -> ModelMerge.Model {
    let path = LatentTrajectory(
      scene: moving, curve: curve, firstRow: 1, rowCount: 5, loops: curve == .fourier)
    let own = model(.perLayer, names: [rest] + path.rowNames, seed: seed)
    return ModelMerge.Model(
      hypernetwork: own.hypernetwork, latents: own.latents, motion: [path])
  }

  /// The mean squared change of what is generated at times that are none of those that are learned from,
  /// as a share of how much the moments differ.
  static func change(
    _ before: ModelMerge.Model, _ hypernetwork: Hypernetwork, _ latents: LatentTable
  ) -> Double {
    let path = before.motion[0]
    let fields = [0.03, 0.17, 0.38, 0.52, 0.77, 0.94].map { time in
      (
        before.hypernetwork.weights(for: before.latents.code(of: path, at: time)).values.inDouble,
        hypernetwork.weights(for: latents.code(of: path, at: time)).values.inDouble
      )
    }
    let means = fields[0].0.indices.map { index in
      fields.reduce(0) { $0 + $1.0[index] } / Double(fields.count)
    }
    func sum(_ term: (Double, Double, Double) -> Double) -> Double {
      fields.reduce(0) { sum, pair in
        sum + means.indices.reduce(0) { $0 + term(pair.0[$1], pair.1[$1], means[$1]) }
      }
    }
    return sum { old, new, _ in (new - old) * (new - old) }
      / sum { old, _, mean in (old - mean) * (old - mean) }
  }

  @Test(
    "the moments of both models' paths are kept, and not their rows alone",
    arguments: [LatentTrajectory.Curve.fourier, .spline])
  func moments(curve: LatentTrajectory.Curve) {
    let first = Self.movingModel(curve, seed: 1, rest: "a", moving: "mill")
    let second = Self.movingModel(curve, seed: 2, rest: "b", moving: "wheel")
    var settings = ModelMerge.Settings()
    settings.steps = 1500
    settings.warmupSteps = 4
    func changes(_ one: ModelMerge.Model, _ two: ModelMerge.Model) -> (Double, Double) {
      var merge = ModelMerge(
        one, two, names: second.latents.names, settings: settings, threadCount: 1)
      for _ in 0..<settings.steps { _ = merge.takeStep() }
      return (
        Self.change(first, merge.hypernetwork, first.latents),
        Self.change(second, merge.hypernetwork, merge.latents)
      )
    }
    let found = changes(first, second)
    // Few and narrow features hold a path through five unlike codes less exactly than two slow turns.
    let limit = curve == .fourier ? 0.1 : 0.4
    #expect(found.0 < limit && found.1 < limit, "\(found)")
    guard curve == .fourier else { return }
    // As if the coefficients of the path were codes of their own.
    func resting(_ model: ModelMerge.Model) -> ModelMerge.Model {
      ModelMerge.Model(hypernetwork: model.hypernetwork, latents: model.latents)
    }
    let rows = changes(resting(first), resting(second))
    #expect(rows.0 > 3 * found.0 && rows.1 > 3 * found.1, "\(rows) \(found)")
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
