import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Trainer, the same bytes")
struct TrainerDeterminismTests {
  /// - Parameter stepCount: nine go past the first updates of the grids.
  static func run(
    _ generator: GeneratorKind, threadCount: Int, seed: UInt64 = 42, stepCount: Int = 9,
    precision: FieldPrecision = .float32
  ) -> (losses: [Double], state: TrainingState) {
    var configuration = TrainingFixture.configuration
    configuration.seed = seed
    configuration.precision = precision
    var trainer = TrainingFixture.trainer(
      generator, configuration: configuration, threadCount: threadCount)
    let losses = (0..<stepCount).map { step in
      trainer.step(progress: Float(step) / Float(stepCount)).loss
    }
    return (losses, trainer.state)
  }

  @Test(
    "the same seed trains to the same bytes for any number of threads",
    arguments: TinyModels.generators)
  func threads(generator: GeneratorKind) {
    let alone = Self.run(generator, threadCount: 1)
    #expect(alone.losses.allSatisfy { $0.isFinite })
    for threadCount in [1, 2, 3, 8] {
      let together = Self.run(generator, threadCount: threadCount)
      #expect(together.losses == alone.losses)
      #expect(together.state.isIdentical(to: alone.state))
    }
  }

  @Test("200 steps are the same bytes for any number of threads", arguments: [2, 3, 8])
  func manySteps(threadCount: Int) {
    let together = Self.run(.perLayer, threadCount: threadCount, stepCount: 200)
    #expect(together.losses == Self.manyStepsAlone.losses)
    #expect(together.state.isIdentical(to: Self.manyStepsAlone.state))
  }

  static let manyStepsAlone = run(.perLayer, threadCount: 1, stepCount: 200)

  @Test(
    "in bfloat16 too 200 steps are the same bytes for any number of threads, and learn as much",
    .enabled(if: FieldPrecision.bfloat16.isAvailable))
  func bfloat16() {
    let run = { Self.run(.perLayer, threadCount: $0, stepCount: 200, precision: .bfloat16) }
    let alone = run(1)
    for threadCount in [2, 3, 8] {
      let together = run(threadCount)
      #expect(together.losses == alone.losses)
      #expect(together.state.isIdentical(to: alone.state))
    }
    let mean = { (losses: [Double]) in losses.suffix(20).reduce(0, +) / 20 }
    let (found, expected) = (mean(alone.losses), mean(Self.manyStepsAlone.losses))
    #expect(abs(found - expected) < 0.05 * expected)
  }

  @Test("measuring where time goes changes no byte, and finds time in every phase")
  func phases() {
    var trainers = [
      TrainingFixture.trainer(threadCount: 2), TrainingFixture.trainer(threadCount: 2),
    ]
    var sums = PhaseSeconds()
    for _ in 0..<9 {
      let plain = trainers[0].step(progress: 0)
      let measured = trainers[1].step(progress: 0, measuresPhases: true)
      #expect(plain.loss == measured.loss && plain.seconds == nil)
      if let seconds = measured.seconds { sums += seconds }
    }
    #expect(trainers[0].state.isIdentical(to: trainers[1].state))
    for phase in TrainingPhase.allCases { #expect(sums[phase] > 0, "\(phase)") }
    #expect(sums.sum < 60)
  }

  @Test("another seed trains to other bytes")
  func seeds() {
    let (first, second) = (
      Self.run(.perLayer, threadCount: 2), Self.run(.perLayer, threadCount: 2, seed: 43)
    )
    #expect(first.losses != second.losses)
    #expect(!first.state.isIdentical(to: second.state))
  }

  @Test("the first losses of a fixed run are the recorded ones", arguments: TinyModels.generators)
  func recordedLosses(generator: GeneratorKind) throws {
    let recorded = [
      "per-layer": [0.09504553, 0.08782449, 0.1021697, 0.08670871, 0.09589801, 0.08842018],
      "low-rank": [0.1146749, 0.09653190, 0.1053156, 0.09732693, 0.1025774, 0.09336597],
      "chunked": [0.08341692, 0.08226085, 0.08561478, 0.08141003, 0.08524171, 0.08316424],
    ]
    let expected = try #require(recorded[generator.name])
    let found = Self.run(generator, threadCount: 2).losses
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) < 1e-4 * expected)
    }
  }
}
