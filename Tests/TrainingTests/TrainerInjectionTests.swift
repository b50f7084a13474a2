import Datasets
import Foundation
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

/// Numbers that go wrong in the middle of a training, wherever they may.
@Suite("Trainer, injected numbers")
struct TrainerInjectionTests {
  private static let stepCount = 4000
  private static let injectionsPerRun = 4

  private static let views = TrainingFixture.views(of: BallField(), count: 30, size: 12)

  private static let configuration: TrainingConfiguration = {
    var configuration = TrainingFixture.configuration
    configuration.samplesPerDiagonal = 24
    configuration.raysPerStep = 128
    configuration.learningRate = 5e-3
    configuration.averageDecay = 0.995
    return configuration
  }()

  private static func scene(withDamagedCamera value: Float? = nil) -> TrainingScene {
    TrainingScene(
      name: "ball", background: .transparent,
      views: views.enumerated().map { index, view in
        var camera = view.camera
        if index == 0, let value { camera.position.x = value }
        return (camera, view.samples)
      })
  }

  private static let cleanScene = scene()

  /// Values that are not finite, or far from any that training makes.
  private static let values: [Float] = [
    .nan, .infinity, -.infinity, 1e38, -1e30, 1e12, -1e6, 300,
  ]

  /// Trains to the end.
  ///
  /// - Returns: PSNR on the pictures, dB; nil where a number that is not finite would have been saved, or
  ///   where the training gave up.
  private static func run(
    seed: UInt64 = configuration.seed, injections: [Int: (inout Trainer) -> Float?] = [:]
  ) -> Double? {
    var configuration = configuration
    configuration.seed = seed
    var trainer = TrainingFixture.trainer(
      field: TinyModels.field(width: 16, positionOctaves: 2), scenes: [cleanScene],
      configuration: configuration, threadCount: 1)
    var nextInjection = 0
    let times = injections.keys.sorted()
    var taken = 0
    while true {
      if trainer.health.hasGivenUp { return nil }
      let isAtEnd = trainer.state.step >= stepCount
      var gradient: Float?
      if nextInjection < times.count, taken >= times[nextInjection] {
        gradient = injections[times[nextInjection]]?(&trainer)
        nextInjection += 1
      }
      // What a save would do, at odd times too.
      if isAtEnd || taken % 37 == 0 {
        let outcome = trainer.settle()
        guard trainer.state.numbers.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return nil }
        if isAtEnd && outcome == nil { break }
      }
      let progress = Float(trainer.state.step) / Float(stepCount)
      _ = trainer.step(
        progress: min(1, progress),
        changeGradient: gradient.map { value in { $0[$0.count / 2] = value } })
      trainer.scenes = [cleanScene]
      taken += 1
    }
    var shown = trainer
    if let average = trainer.state.average {
      shown.state.hypernetwork.parameters = average.parameters
      shown.state.latents.values = average.codes
    }
    return psnr(of: shown.state)
  }

  /// PSNR on the rays of fixed batches, dB: the same for every model, so that luck decides little.
  private static func psnr(of state: TrainingState) -> Double {
    var configuration = configuration
    configuration.seed = 1
    configuration.learningRate = 0
    configuration.codeLearningRate = 0
    configuration.averageDecay = 0
    var trainer = TrainingFixture.trainer(
      field: TinyModels.field(width: 16, positionOctaves: 2), scenes: [cleanScene], state: state,
      configuration: configuration)
    let loss = (0..<100).map { _ in trainer.step(progress: 1).loss }.reduce(0, +) / 100
    return -10 * log10(loss)
  }

  /// Something to go wrong, chosen at random; returns a value for the gradient of the next step.
  private static func injection(
    _ random: inout SeededGenerator
  ) -> (inout Trainer) -> Float? {
    let value = values[random.index(below: values.count)]
    let kind = random.index(below: 8)
    let place = random.next()
    func index(_ count: Int) -> Int { Int(place % UInt64(count)) }
    return { trainer in
      switch kind {
      case 0, 1:
        trainer.state.hypernetwork.parameters[
          index(trainer.state.hypernetwork.parameters.count)] = value
      case 2: trainer.state.latents.values[index(trainer.state.latents.values.count)] = value
      case 3:
        guard let average = trainer.state.average else { return nil }
        var parameters = average.parameters
        parameters[index(parameters.count)] = value
        trainer.state.average = WeightAverage(parameters: parameters, codes: average.codes)
      case 4: trainer.scenes = [scene(withDamagedCamera: value)]
      case 5:
        let adam = trainer.state.optimizer
        var moments = [adam.firstMoment, adam.secondMoment]
        moments[Int(place >> 62 & 1)][index(adam.firstMoment.count)] = value
        trainer.state.optimizer = Adam(
          rowLength: adam.firstMoment.count, firstMoment: moments[0], secondMoment: moments[1],
          stepCounts: adam.stepCounts)
      default: return value
      }
      return nil
    }
  }

  @Test("Promise 5: whatever number goes wrong in a training, none that is not finite is saved")
  func injected() throws {
    let count = Robustness.cases(quick: 20, all: 1000)
    let runs = 0..<count / Self.injectionsPerRun
    // A training that was taken back goes on with other batches, whose luck is another: the clean runs are
    // as many, and the worst is compared with the worst, the second worst with the second worst.
    func seed(_ run: Int) -> UInt64 { Self.configuration.seed + UInt64(run) }
    let clean = try runs.map { try #require(Self.run(seed: seed($0))) }.sorted()
    let found = runs.map { run -> Double in
      var random = SeededGenerator(seed: 7, UInt64(run))
      var injections: [Int: (inout Trainer) -> Float?] = [:]
      while injections.count < Self.injectionsPerRun {
        injections[1 + random.index(below: Self.stepCount)] = Self.injection(&random)
      }
      return Self.run(seed: seed(run), injections: injections) ?? 0
    }.sorted()
    let losses = zip(clean, found).map { $0 - $1 }
    #expect(losses.allSatisfy { $0 < 0.1 }, "\(losses)")
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    Robustness.record(
      "non-finite injected", cases: count,
      failures: Self.injectionsPerRun * losses.count { $0 >= 0.1 },
      note: "\(Self.injectionsPerRun) a run; "
        + String(
          format: "%.2f dB in the mean, %.2f the worst; of as many clean runs %.2f and %.2f",
          mean(found), found[0], mean(clean), clean[0]))
  }
}
